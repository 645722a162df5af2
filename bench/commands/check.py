"""bench check SUITE..."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from bench.commands._json import json_option
from bench.commands._seeds import night_option


@click.command()
@click.argument("suites", nargs=-1, required=True, type=click.Path(path_type=Path))
@night_option
@json_option
def command(suites: tuple[Path, ...], night: date | None, as_json: bool) -> None:
    """Check suites against the plugins and their data, without training.

    What is not bench's own code makes one step on two samples, so that its bugs are told here.
    """
    from bench.commands._errors import WRONG, plainly, stop
    from bench.commands._json import print_json
    from bench.running.cells import alike, cells, remarked, short_of
    from bench.running.first_step import try_own
    from bench.running.tuning import searches
    from bench.suite.load import load_suite
    from bench.suite.seeds_section import in_words
    from bench.suite.yaml_lines import SuiteError

    wrong, told = [], []
    with plainly():
        for path in suites:
            try:
                suite = load_suite(path, night)
                found = cells(suite)
                try_own(suite, found)
                trials = [trial for search in searches(suite) for trial in search.trials]
            except SuiteError as error:
                wrong += error.problems
                told.append({"suite": path, "problems": error.problems})
                continue
            notes = [*alike(found), *remarked(suite), *short_of(suite)]
            about = {"problems": [], "cells": [c.label for c in found], "seeds": suite.seeds, "trials": len(trials)}
            told.append({"suite": path, **about, "notes": notes})
            if as_json:
                continue
            tried = f", {len(trials)} trials of {suite.tune.seeds} seeds" if suite.tune else ""
            print(f"{path}: {len(found)} cells, {in_words(suite.seeds)}{tried}")
            for said in notes:
                print(f"note: {said}")
        if as_json:
            print_json(told)
    if wrong:
        stop("\n".join(wrong), WRONG)
