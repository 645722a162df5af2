"""The options of every command that trains what a suite asks for: where, which seeds and cells, and which folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench.commands._seeds import Seeds, night_option


def one_pattern(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> str:
    """What `--only` says; a second one would replace the first without a word."""
    if len(given) > 1:
        raise click.BadParameter("give one pattern: 'GAN*' names several cells, and so does an experiment's label")
    return given[0] if given else "*"


WHERE = (
    click.option("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...", show_default=True),
    click.option(
        "--slots", type=click.IntRange(1, 10_000), help="Blocks of seeds at a time [default: the cores; 1 on a GPU]."
    ),
)
SEEDS = (
    click.option("--seeds", type=Seeds(), default=(), help="Other seeds than the suite's: 5, 0-4 or 0,3,10-19."),
    night_option,
)
WHICH = (
    click.option(
        "--only",
        multiple=True,
        callback=one_pattern,
        metavar="GLOB",
        help="Only cells of this name: 'ring8 / GAN*', 'ring8', 'GAN*' or an experiment.",
    ),
    click.option("--out", type=click.Path(path_type=Path), default=Path("results"), show_default=True),
)


def suite_options(command: Any) -> Any:
    """Adds them, in this order."""
    return _with(command, (*WHERE, *SEEDS, *WHICH))


def trial_options(command: Any) -> Any:
    """Adds them without those of seeds: trials have seeds of their own."""
    return _with(command, (*WHERE, *WHICH))


def _with(command: Any, options: tuple[Any, ...]) -> Any:
    for option in reversed(options):
        command = option(command)
    return command
