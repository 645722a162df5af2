"""bench score RESULTS --metric ..."""

from __future__ import annotations

from pathlib import Path

import click

from bench.commands._suite_options import WHERE


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--metric", "metrics", multiple=True, help="As a suite writes it; may be given again.")
@click.option("--quiet", is_flag=True, help="Say only what goes wrong.")
def command(results: Path, metrics: tuple[str, ...], device: str, slots: int | None, quiet: bool) -> None:
    """Measure further metrics on a folder of RESULTS, from the weights that its records keep. Nothing is trained.

    `bench score results/toys --metric 'frechet(space=digits)'`. What is measured so has no curve: its number is that of the
    end of training. A metric that is added to a suite is measured in the same way by `bench run`. Without a metric nothing is
    measured; either way, how the losses of older records swing is found and kept for reports.
    """
    from bench.commands._errors import INCOMPLETE, plainly, stop

    if not results.is_dir():
        stop(f"{results}: there is no such folder; bench run writes results/<suite>")
    with plainly():
        from bench.records import missing_diagnostics, store
        from bench.running.owner import owned
        from bench.running.score_results import score_results

        with owned(results):
            found = missing_diagnostics.write_missing(store.load_records(results, deep=True))
        if found and not quiet:
            print(f"{found} records: how their losses swing is kept now")
        complete = not metrics or score_results(results, metrics, device=device, slots=slots or 0, quiet=quiet)
        if not quiet:
            from bench.commands._console import console, show_table
            from bench.records.terminal_table import table

            show_table(console(), table(results))
    if not complete:
        stop("not every record could be scored", INCOMPLETE)


for option in reversed(WHERE):
    command = option(command)
