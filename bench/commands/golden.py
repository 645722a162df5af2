"""bench golden record SUITE, bench golden check [SUITE…]"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.commands._suite_options import one_pattern

if TYPE_CHECKING:
    from bench.gate.golden import Comparison
    from bench.running.cells import Cell

PATH = click.Path(path_type=Path)
BASELINES, SUITES, ENDING = Path("results/baselines"), Path("suites"), ".golden.jsonl"


@click.group()
def command() -> None:
    """Keep the first twenty steps of every cell of a suite, and say whether today's code still takes them.

    Exit codes: 0 the same; 3 changed, incomplete, never recorded or no more in the suite; 4 a cell came to no trajectory;
    2 usage, suite or file error; 5 nothing selected; 128 + n stopped by signal n.
    """


def _given(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--file", type=PATH, help="[default: results/baselines/<suite>.golden.jsonl]"),
        click.option(
            "--only",
            multiple=True,
            callback=one_pattern,
            metavar="GLOB",
            help="Only cells of this name, as in bench run.",
        ),
    ):
        function = option(function)
    return function


@command.command()
@click.argument("suite", type=PATH)
@_given
def record(suite: Path, file: Path | None, only: str) -> None:
    """Write the trajectories of SUITE, or accept changed ones; cells that are not selected keep theirs.

    Exit code 4, and the file is as it was, where a cell comes to no trajectory.
    """
    from bench.commands._errors import INCOMPLETE, plainly, stop
    from bench.running.signals import exit_code

    with plainly():
        from bench.gate import golden_file
        from bench.gate.golden_accept import accepted
        from bench.gate.golden_record import record as train

        path = file or _default(suite)
        try:
            made = train(_cells(suite, only))
            if made.broken:
                said = [f"broken: {golden_file.Line(*cell, 0, {}).cell}: {why}" for cell, why in made.broken.items()]
                stop("\n".join([*said, f"{path}: not written, and as it was"]), INCOMPLETE)
            whole, lines = accepted(path, made, _asked(only), everything=only == "*")
            for line in lines:
                print(line)
            if whole is not None:
                golden_file.write(path, whole)
        except OSError as error:
            stop(f"{path}: can't be written: {error.strerror or error}")
        except KeyboardInterrupt as error:
            stop(f"interrupted; {path} is as it was", exit_code(error))


@command.command()
@click.argument("suites", metavar="[SUITE]...", nargs=-1, type=PATH)
@_given
def check(suites: tuple[Path, ...], file: Path | None, only: str) -> None:
    """Compare today's trajectories with the recorded ones, of each SUITE or of every suite that has some.

    Without SUITE: of suites/<name>.yaml for each results/baselines/<name>.golden.jsonl.
    """
    from bench.commands._errors import plainly

    if file and len(suites) != 1:
        raise click.UsageError("--file belongs to one SUITE")
    codes = []
    with plainly():
        for suite in suites or _recorded():
            found = _check(suite, file or _default(suite), only)
            for line in found.said():
                print(f"{suite}: {line}" if len(suites) != 1 else line, flush=True)
            codes.append(found.exit_code)
    sys.exit(max(codes))


def _check(suite: Path, path: Path, only: str) -> Comparison:
    from bench.gate import golden, golden_file, golden_record
    from bench.suite.shipped import baseline_file, suite_file

    cells, before = _cells(suite, only), golden_file.read(baseline_file(path, suite_file(suite)))
    return golden.compare(before, golden_record.record(cells), _asked(only), golden_record.shaken(cells))


def _recorded() -> list[Path]:
    """The suites that have trajectories."""
    from bench.commands._errors import NOTHING, stop

    found = [SUITES / f"{path.name.removesuffix(ENDING)}.yaml" for path in sorted(BASELINES.glob(f"*{ENDING}"))]
    if not found:
        stop(f"{BASELINES}: no golden trajectories; 'bench golden record SUITE' makes them", NOTHING)
    if lost := [suite for suite in found if not suite.is_file()]:
        stop(f"{BASELINES / lost[0].stem}{ENDING}: there is no {lost[0]}; name the suite, or remove the file")
    return found


def _default(suite: Path) -> Path:
    from bench.suite.load import load_suite

    return BASELINES / f"{load_suite(suite).name}{ENDING}"


def _asked(only: str) -> Callable[[str, str], bool]:
    """Whether a cell of the file alone would have been selected."""
    from bench.running.plan import chosen

    return lambda dataset, method: chosen(dataset, method, only, ())


def _cells(suite: Path, only: str) -> list[Cell]:
    from bench.running.cells import cells
    from bench.running.plan import NothingSelected, chosen
    from bench.suite.load import load_suite

    picked = [c for c in cells(load_suite(suite)) if chosen(c.dataset.label, c.method.label, only, c.experiments)]
    if all(cell.skip for cell in picked):
        raise NothingSelected(suite, only)
    return picked
