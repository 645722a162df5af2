"""bench golden record|check SUITE"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

PATH = click.Path(path_type=Path)


@click.group()
def command() -> None:
    """Keep the first twenty steps of every cell of a suite, and say whether today's code still takes them.

    Exit codes of check: 0 the same; 3 changed; 2 usage, suite or file error; 5 nothing selected.
    """


def _given(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.argument("suite", type=PATH),
        click.option("--file", type=PATH, help="[default: results/baselines/<suite>.golden.jsonl]"),
        click.option("--only", default="*", metavar="GLOB", help="Only cells of this name, as in bench run."),
    ):
        function = option(function)
    return function


@command.command()
@_given
def record(suite: Path, file: Path | None, only: str) -> None:
    """Write the trajectories of SUITE, or accept changed ones; cells that are not selected keep theirs."""
    from bench.commands._errors import plainly, stop

    with plainly():
        from bench.gate import golden, golden_file

        cells, path = _cells(suite, only), file or _default(suite)
        made = golden.record(cells)
        if only != "*" and path.exists():
            named = {(line.dataset, line.method) for line in made.lines}
            kept = [line for line in golden_file.read(path).lines if (line.dataset, line.method) not in named]
            made = golden_file.Golden(tuple(sorted([*kept, *made.lines])), made.made)
        try:
            golden_file.write(path, made)
        except OSError as error:
            stop(f"{path}: can't be written: {error.strerror or error}")
        print(f"{path}: {len(made.lines)} trajectories")


@command.command()
@_given
def check(suite: Path, file: Path | None, only: str) -> None:
    """Compare today's trajectories of SUITE with the recorded ones."""
    from bench.commands._errors import plainly

    with plainly():
        from bench.gate import golden, golden_file

        cells, path = _cells(suite, only), file or _default(suite)
        before = golden_file.read(path)
        same, said = golden.report(before, golden.record(cells), everything=only == "*")
        for line in said:
            print(line)
    sys.exit(0 if same else 3)


def _default(suite: Path) -> Path:
    from bench.suite.load import load_suite

    return Path("results/baselines") / f"{load_suite(suite).name}.golden.jsonl"


def _cells(suite: Path, only: str) -> list[Any]:
    from bench.running.cells import cells
    from bench.running.plan import NothingSelected, chosen
    from bench.suite.load import load_suite

    found = [c for c in cells(load_suite(suite)) if chosen(c.dataset.label, c.method.label, only, c.experiments)]
    if not found:
        raise NothingSelected(suite, only)
    return found
