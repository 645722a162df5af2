"""bench report RESULTS"""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="[default: reports/<suite>]")
def command(results: Path, out: Path | None) -> None:
    """Write the report of a folder of RESULTS, and judge what its suite claims."""
    from bench.commands._errors import plainly, stop

    if not results.is_dir():
        stop(f"{results}: there is no such folder; bench run writes results/<suite>")
    with plainly():
        from bench.claims.formatting import table
        from bench.commands._console import console
        from bench.records import store
        from bench.records.verdicts import verdicts
        from bench.reporting import build

        if not store.load_records(results):
            stop(f"{results}: there is no record in it")
        if found := verdicts(results):
            console().print(table(found))
        print(build(results, out or Path("reports") / results.resolve().name))
