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
        from bench.commands._console import console, say_notes, show_results, show_table
        from bench.records import store
        from bench.records.results_folder import several
        from bench.records.tuned_table import table as tuned
        from bench.records.under_way import under_way

        found = store.load_records(results)
        chosen = tuned(results)
        if not found and chosen is not None:  # tuned, and not run yet
            show_table(console(), chosen)
            return
        if not found and under_way(results):
            say_notes(console(), results)
            return
        if not found:
            stop(f"{results}: there is no record in it")
        if why := several(results, found):
            stop(why)
        show_results(console(), results)
