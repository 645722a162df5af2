"""bench check SUITE..."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from bench.commands._seeds import night_option


@click.command()
@click.argument("suites", nargs=-1, required=True, type=click.Path(path_type=Path))
@night_option
def command(suites: tuple[Path, ...], night: date | None) -> None:
    """Check suites against the plugins and their data, without training.

    What is not bench's own code makes one step on two samples, so that its bugs are told here.
    """
    from bench.commands._errors import WRONG, plainly, stop
    from bench.running.cells import alike, cells, remarked, short_of
    from bench.running.first_step import try_own
    from bench.running.tuning import searches
    from bench.suite.load import load_suite
    from bench.suite.seeds_section import in_words
    from bench.suite.yaml_lines import SuiteError

    wrong = []
    with plainly():
        for path in suites:
            try:
                suite = load_suite(path, night)
                found = cells(suite)
                try_own(suite, found)
                trials = [trial for search in searches(suite) for trial in search.trials]
            except SuiteError as error:
                wrong += error.problems
                continue
            tried = f", {len(trials)} trials of {suite.tune.seeds} seeds" if suite.tune else ""
            print(f"{path}: {len(found)} cells, {in_words(suite.seeds)}{tried}")
            for said in [*alike(found), *remarked(suite), *short_of(suite)]:
                print(f"note: {said}")
    if wrong:
        stop("\n".join(wrong), WRONG)
