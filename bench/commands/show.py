"""bench show RESULTS"""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
def command(results: Path) -> None:
    """Show a folder of RESULTS as a small table."""
    from bench.commands._errors import plainly, stop

    if not results.is_dir():
        stop(f"{results}: there is no such folder; bench run writes results/<suite>")
    with plainly():
        from bench.claims.formatting import table as claims
        from bench.commands._console import console, say_notes
        from bench.records import store
        from bench.records.terminal_table import panel, table
        from bench.records.verdicts import verdicts

        if not store.load_records(results):
            stop(f"{results}: there is no record in it")
        screen = console()
        if (steady := panel(results)) is not None:
            screen.print(steady)
        screen.print(table(results))
        if found := verdicts(results):
            screen.print(claims(found))
        say_notes(screen, results)
