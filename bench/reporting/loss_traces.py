"""Losses against the step: an axes for each player of each method, symmetric-logarithmic where a loss spans decades."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import SymmetricalLogLocator

from bench.reporting.curves import step_axis, title
from bench.reporting.figure_style import INK, Picture, Stroke, facets, mark, save, style
from bench.reporting.lines import thinned
from bench.reporting.results import Cell, Fate, Results
from bench.reporting.stability import losses
from bench.reporting.summary import traces

DECADES = 3  # between the small and the large sizes of a loss, from which on its axis is logarithmic


def loss_traces(results: Results, dataset: str, strokes: Mapping[str, Stroke]) -> Picture | None:
    """Every player's loss on an axes of its own, since scales of players differ; None where no loss was probed."""
    players = losses(results, dataset)
    found = [(cell, {p: traces(results, cell, name) for p, name in players.items()}) for cell in results.on(dataset)]
    shown = [
        (cell, p, table, len(of) > 1) for cell, every in found for of in [_there(every)] for p, table in of.items()
    ]
    if not shown:
        return None
    key = f"losses-{dataset}"
    with style(key):
        figure, axes = facets(len(shown), sharex=True)
        for ax, (cell, player, table, several) in zip(axes, shown, strict=True):
            stroke = strokes[cell.method]
            values = table.to_numpy(dtype=np.float64)
            _scaled(ax, values[np.isfinite(values)])
            _losses(ax, cell, table, stroke)
            _crosses(ax, table, [fate for fate in cell.fates.values() if fate.dead and fate.seed in table.columns])
            name = f"{_cut(cell.method, 20 - len(player))}: {player}" if several else cell.method
            title(ax, name, stroke, list(cell.fates.values()))
            step_axis(ax)
        figure.supylabel("loss", fontsize=7.5)
        figure.supxlabel("step", fontsize=7.5)
        caption = (
            f"Losses on {dataset}, an axes a player: thin, every seed; thick, the median of the seeds alive; a cross where a "
            "seed died. The axes hold the middle 99 % of the values; where a loss spans three decades its axis is logarithmic "
            "on both sides of 0 and linear around it. Losses of different methods are different functions: compare shapes, "
            "not heights."
        )
        return save(figure, key, f"Losses on {dataset}", caption)


def _there(every: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {player: table for player, table in every.items() if len(table)}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def linear_within(values: np.ndarray) -> float | None:
    """Up to where around 0 an axis of these finite values is linear; None where all of it is.

    The sizes |v| but for the smallest twentieth: where the largest (of 99.5 %) is DECADES above the smallest, the power of
    ten at the smallest.
    """
    sizes = np.abs(values[values != 0])
    if not len(sizes):
        return None
    small, large = np.percentile(sizes, [5, 99.5])
    if large < 10.0**DECADES * small:
        return None
    return float(10 ** np.floor(np.log10(max(small, np.finfo(np.float64).tiny))))


def _scaled(ax: Axes, values: np.ndarray) -> None:
    """Keep the middle 99 % of the values in view: one dying seed would flatten all others."""
    if not values.size:
        return
    low, high = np.percentile(values, [0.5, 99.5])
    threshold = linear_within(values)
    if threshold is None:
        room = 0.12 * (high - low) or max(0.5, 0.1 * abs(high))
        ax.set_ylim(low - room, high + 2 * room)
        return
    scale: Any = {"linthresh": threshold, "base": 10}
    ax.set_yscale("symlog", **scale)
    ticks = SymmetricalLogLocator(**scale)
    ticks.set_params(numticks=6)
    ax.yaxis.set_major_locator(ticks)
    ax.set_ylim(low - max(abs(low), threshold), high + max(abs(high), threshold))


def _losses(ax: Axes, cell: Cell, table: pd.DataFrame, stroke: Stroke) -> None:
    steps = table.index.to_numpy(dtype=np.float64)
    for seed, row in zip(table.columns, table.to_numpy(dtype=np.float64).T, strict=True):
        gid = mark(cell.method, int(seed), float(row[-1]))
        ax.plot(*thinned(steps, row), color=stroke.color, lw=0.4, alpha=0.35, zorder=2, gid=gid)
    middle = table.median(axis=1).to_numpy(dtype=np.float64)
    gid = mark(cell.method, None, float(middle[-1]))
    ax.plot(*thinned(steps, middle), color=stroke.color, lw=1.2, ls=stroke.line, zorder=3, gid=gid)


def _crosses(ax: Axes, table: pd.DataFrame, dead: list[Fate]) -> None:
    for fate in dead:
        seen = table[fate.seed].dropna()
        if len(seen):
            ax.plot([seen.index[-1]], [seen.iloc[-1]], "x", ms=4.2, mew=1.1, color=INK, zorder=5)
