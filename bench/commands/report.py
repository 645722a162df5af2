"""bench report RESULTS"""

from __future__ import annotations

from pathlib import Path

import click

from bench.commands._suite_options import one_pattern

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("results", type=PATH)
@click.option("--out", type=PATH, help="[default: reports/<suite>; with --paper reports/<suite>.paper]")
@click.option(
    "--only",
    multiple=True,
    callback=one_pattern,
    metavar="GLOB",
    help="Only cells of this name: 'ring8 / GAN*', 'ring8' or 'GAN*'; [default out: reports/<suite>.<name>]",
)
@click.option(
    "--paper", type=PATH, metavar="FILE", help="Write figures and LaTeX tables as FILE (paper.yaml) asks, and no page."
)
@click.option("--relative-to", metavar="METHOD", help="Add tables of how much better the others are than METHOD.")
def command(results: Path, out: Path | None, only: str, paper: Path | None, relative_to: str | None) -> None:
    """Write the report of a folder of RESULTS, and judge what its suite claims; or with --paper the figures and tables that
    a paper shows.

    paper.yaml may name methods (label: name in the paper), datasets, metrics, width (inches of a column), decimals, serif,
    colors and a caption; what it leaves out is shown as it is.
    """
    from bench.commands._errors import plainly, stop

    if not results.is_dir():
        stop(f"{results}: there is no such folder; bench run writes results/<suite>")
    if paper is not None and relative_to is not None:
        stop("--relative-to adds tables to the page, which --paper does not write: give one of them")
    with plainly():
        from bench.claims.formatting import table
        from bench.commands._console import console, show_table
        from bench.gate.report_section import gate_sections
        from bench.records import store
        from bench.records.verdicts import verdicts
        from bench.reporting import build, build_paper
        from bench.reporting.table import anchor

        if not store.load_records(results):
            stop(f"{results}: there is no record in it")
        if paper is not None:
            print(build_paper(results, out or Path("reports") / f"{results.resolve().name}.paper", paper))
            return
        name, some = results.resolve().name, "" if only == "*" else only
        where = out or Path("reports") / (f"{name}.{anchor(some)}" if some else name)
        page = build(results, where, some, relative_to or "", gate_sections)
        if not some and (found := verdicts(results)):
            show_table(console(), table(found))
        print(page)
