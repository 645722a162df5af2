"""`--seeds`: 5, 0-4 or 0,3,10-19; `--night`: 2026-03-01."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import click

NUMBER = re.compile(r"[0-9]{1,19}")
MOST = 100_000  # seeds; more is a slip of the keyboard
TWICE = "--seeds and --night both choose the seeds: give one of them"


class Seeds(click.ParamType[tuple[int, ...]]):
    """A number of seeds (0 … n-1), or a list with ranges."""

    name = "seeds"

    def convert(
        self, value: str | tuple[int, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        if ctx is not None and ctx.params.get("night"):
            self.fail(TWICE, param, ctx)
        try:
            if NUMBER.fullmatch(value.strip()):
                seeds = list(_range(f"0-{int(value) - 1}"))
            else:
                seeds = [seed for part in value.split(",") for seed in _range(part)]
        except ValueError:
            seeds = []
        if not seeds or len(set(seeds)) < len(seeds):
            self.fail(f"'{value}': write a number of seeds (5), a range (0-4) or a list (0,3,10-19)", param, ctx)
        return tuple(seeds)


def _range(part: str) -> range:
    first, dash, last = (word.strip() for word in part.partition("-"))
    if not all(NUMBER.fullmatch(word) for word in ([first, last] if dash else [first])):
        raise ValueError(part)
    from bench.suite.seeds_section import LARGEST

    low, high = int(first), int(last if dash else first)
    if high > LARGEST or high - low >= MOST:
        raise ValueError(part)
    return range(low, high + 1)


def _as_date(ctx: click.Context, param: click.Parameter, value: datetime | None) -> date | None:
    if value is not None and ctx.params.get("seeds"):
        raise click.BadParameter(TWICE, ctx, param)
    return None if value is None else value.date()


def night_option(command: Any) -> Any:
    """Adds `--night`."""
    return click.option(
        "--night", type=click.DateTime(["%Y-%m-%d"]), callback=_as_date, metavar="DATE",
        help="Seeds of that date, as many as the suite's [default: today (UTC) for 'seeds: {nightly: 5}'].",
    )(command)  # fmt: skip
