"""bench tune SUITE"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from bench.commands._suite_options import trial_options


@click.command()
@click.argument("suite", type=click.Path(path_type=Path))
@trial_options
@click.option("--steps", type=click.IntRange(1), help="A smoke run of so many steps, into <suite>-steps<N>.")
@click.option("--force", is_flag=True, help="Run trials again that are there already.")
@click.option("--executor", default="local", show_default=True, help="local or ray.")
@click.option("--quiet", is_flag=True, help="Say only what goes wrong.")
def command(suite: Path, out: Path, slots: int | None, executor: str, quiet: bool, **options: Any) -> None:
    """Run the trials of a SUITE that has 'tune', and choose a setting for each method and data set.

    Every method has the same number of trials, on seeds that are used for nothing else. 'bench run' then trains what was
    chosen on the suite's own seeds (and tunes first, where trials are missing).
    """
    from bench.commands._errors import INCOMPLETE, plainly, stop

    with plainly():
        from bench.running.executors.base import words

        if executor not in words():
            raise click.BadParameter(f"'{executor}' is none of {', '.join(words())}", param_hint="--executor")
        from bench.running.run import start_trials

        root, complete = start_trials(
            suite, out, slots=slots or 0, executor=executor, quiet=quiet, announce=_silent if quiet else _say, **options
        )
        if not quiet:
            from bench.commands._console import console
            from bench.records.tuned_table import table

            if (chosen := table(root)) is not None:
                console().print(chosen)
    if not complete:
        stop("not every trial came to a result; the same command tries again what can be tried again", INCOMPLETE)


def _silent(text: str) -> None:
    return


def _say(text: str) -> None:
    print(text, file=sys.stderr)
