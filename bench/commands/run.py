"""bench run SUITE"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from bench.commands._suite_options import suite_options


@click.command()
@click.argument("suite", type=click.Path(path_type=Path))
@suite_options
@click.option("--steps", type=click.IntRange(1), help="A smoke run of so many steps, into <suite>-steps<N>.")
@click.option("--force", is_flag=True, help="Run again what is there already, trials excepted.")
@click.option("--executor", default="local", show_default=True, help="local, ray or slurm.")
@click.option(
    "--watch",
    multiple=True,
    metavar="WORD",
    help="Show scores while the run goes on: tensorboard, wandb or mlflow; may be repeated.",
)
@click.option("--no-report", is_flag=True, help="Write no report.")
@click.option("--reports", type=click.Path(path_type=Path), default=Path("reports"), show_default=True)
@click.option("--quiet", is_flag=True, help="Say only what goes wrong.")
def command(
    suite: Path,
    out: Path,
    reports: Path,
    slots: int | None,
    no_report: bool,
    executor: str,
    quiet: bool,
    **options: Any,
) -> None:
    """Train every cell of a SUITE and write its records and its report.

    What is there already is not run again; what was interrupted continues. Where the suite has 'tune', trials that are
    missing are run first, and every method that is tuned is then trained with the setting that its trials chose.
    """
    from bench.commands._errors import INCOMPLETE, plainly, stop

    with plainly():
        from bench.running.executors.base import words

        if executor not in words():
            raise click.BadParameter(f"'{executor}' is none of {', '.join(words())}", param_hint="--executor")
        from bench.running.run import start

        root, complete = start(
            suite, out, slots=slots or 0, executor=executor, quiet=quiet, announce=_silent if quiet else _say, **options
        )
        if not quiet:
            from bench.commands._console import console, show_results

            show_results(console(), root)
        if not no_report:
            _report(root, reports / root.name, quiet)
    if not complete:
        stop("not everything came to a result; the same command tries again what can be tried again", INCOMPLETE)


def _report(root: Path, out: Path, quiet: bool) -> None:
    from bench.gate.report_section import gate_sections
    from bench.reporting import build

    page = build(root, out, more=gate_sections)
    if not quiet:
        print(f"report: {page}")


def _silent(text: str) -> None:
    return


def _say(text: str) -> None:
    print(text, file=sys.stderr)
