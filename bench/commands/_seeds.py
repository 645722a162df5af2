"""`--seeds`: 5, 0-4 or 0,3,10-19."""

from __future__ import annotations

import click


class Seeds(click.ParamType[tuple[int, ...]]):
    """A number of seeds (0 … n-1), or a list with ranges."""

    name = "seeds"

    def convert(
        self, value: str | tuple[int, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        try:
            if value.strip().isdigit():
                seeds = list(range(int(value)))
            else:
                seeds = [seed for part in value.split(",") for seed in _range(part)]
        except ValueError:
            seeds = []
        if not seeds or len(set(seeds)) < len(seeds):
            self.fail(f"'{value}': write a number of seeds (5), a range (0-4) or a list (0,3,10-19)", param, ctx)
        return tuple(seeds)


def _range(part: str) -> range:
    first, dash, last = part.partition("-")
    return range(int(first), int(last if dash else first) + 1)
