"""The small table of tuning that `bench tune` and `bench show` print: a line for every cell that was tuned."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from rich.markup import escape
from rich.table import Table

from bench.records.tuned import WAITS, WORKS, Tuned, TunedSuite, read
from bench.stats.best_of_k import best_of_k_quantile
from bench.stats.rates import wilson

SHOWN = (1, 5)  # trials; and all of them


def table(root: Path) -> Table | None:
    """The settings that were chosen, what their trials reached, and how many of all trials work; None where nothing is
    tuned."""
    found = read(root)
    if found is None or not found.cells:
        return None
    shown = [k for k in SHOWN if k < found.trials]
    caption = (
        f"{found.trials} trials of {found.seeds} seeds: median {found.select} at the end, dead seeds rank worst;\n"
        "best of k (median): over all choices of k trials, of which the report has the mean as well;\n"
        f"works: trials with q ≥ {WORKS:g}.\n"
        "A method's result is that of its chosen setting on the suite's own seeds, in the tables of the suite;\n"
        "the value of its trial was picked for being high"
    )
    view = Table(title="tuning", title_justify="left", caption=caption, caption_justify="left")
    for heading in ("data set", "method", "chosen setting"):
        view.add_column(heading, overflow="fold")
    for heading in ("its trial", *(f"best of {k} (median)" for k in shown), "works"):
        view.add_column(heading, justify="right")
    for one in found.cells:
        view.add_row(escape(one.dataset), escape(one.method), escape(setting_text(one)), *_numbers(one, found, shown))
    return view


def setting_text(one: Tuned) -> str:
    """`lr=0.001, width=64`, or why there is none."""
    best = one.chosen
    if best is None:
        left = sum(not trial.done for trial in one.trials)
        return f"{left} trials to run" if left else f"none: {one.cant or WAITS}"
    told = ", ".join(
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}" for name, value in best.setting.items()
    )
    return told if one.works else f"never works; the first setting: {told}"


def tolerance(one: Tuned) -> tuple[int, int] | None:
    """How many of the trials that are done work, and how many there are; None where quality was not measured."""
    qualities = one.qualities()
    return None if qualities is None else (int((qualities >= WORKS).sum()), len(qualities))


def _numbers(one: Tuned, found: TunedSuite, shown: list[int]) -> list[str]:
    values = one.values()
    if not one.complete or one.cant or not len(values):
        return ["–"] * (len(shown) + 2)
    curve = best_of_k_quantile(values, 0.5)
    chosen = (
        values[one.chosen.trial] if one.chosen else np.nan
    )  # one setting for several data sets may wait for another
    best = [_number(one, float(chosen)), *(_number(one, float(curve[k - 1])) for k in shown)]
    known = tolerance(one)
    if known is None:
        return [*best, "–"]
    low, high = wilson(*known)
    return [*best, f"{known[0]}/{known[1]} [{low:.0%}, {high:.0%}]"]


def _number(one: Tuned, turned: float) -> str:
    value: Any = one.direction.back(turned)
    return f"{value:.3g}" if isfinite(value) else "failed"
