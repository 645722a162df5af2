"""bench show RESULTS"""

from __future__ import annotations

from pathlib import Path

import click

from bench.commands._json import json_option


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@json_option
def command(results: Path, as_json: bool) -> None:
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

        if as_json:
            _print(results)
            return
        found = store.load_records(results, deep=True)
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


def _print(results: Path) -> None:
    """The same as JSON: cells, claims and notes."""
    from bench.commands._errors import stop
    from bench.commands._json import print_json
    from bench.records import store
    from bench.records.cell_summaries import cell_summaries
    from bench.records.notes import elsewhere, notes
    from bench.records.results_folder import several
    from bench.records.under_way import under_way
    from bench.records.verdicts import verdicts

    found = store.load_records(results, deep=True)
    if not found and not under_way(results):
        stop(f"{results}: there is no record in it")
    if why := several(results, found):
        stop(why)
    said = [*elsewhere(found), *notes(store.current(found))]
    running = [one.said for one in under_way(results, found)]
    summaries = cell_summaries(results) if found else []
    print_json(
        {"results": results, "cells": summaries, "claims": verdicts(results), "notes": said, "under_way": running}
    )
