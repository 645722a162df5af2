"""Quality against price: every seed a point, every method's median a marker, and the front of what nothing else dominates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from bench.diagnostics.seed_curves import QUALITY
from bench.reporting.answer import gradients_a_seed, seconds_a_seed
from bench.reporting.figure_style import FAINT, PAGE, Picture, Stroke, canvas, log_ticks, mark, plain, save, style
from bench.reporting.results import Results
from bench.reporting.summary import Column, Curves, columns

LOWEST = -0.3  # of q on the axis; what lies below stands at its edge


def price(results: Results, dataset: str, ink: Mapping[str, Stroke]) -> Picture | None:
    """q against seconds and gradient evaluations of one seed; None where q was measured on fewer than two methods.

    Of several columns of q (unlike protocols, data or devices) the one with most methods is drawn, since unlike things are not
    compared.
    """
    found = [
        column.trained for column in columns(results, dataset) if column.metric.name == QUALITY and column.reading.tells
    ]
    column = max(found, key=lambda one: len(one.curves), default=None)
    if column is None or len(column.curves) < 2:
        return None
    axes = {"seconds of training a seed": {m: seconds_a_seed([c.cell]) for m, c in column.curves.items()}}
    axes["gradient evaluations a seed"] = {m: gradients_a_seed([c.cell]) for m, c in column.curves.items()}
    axes = {label: costs for label, costs in axes.items() if all(np.isfinite(x) and x > 0 for x in costs.values())}
    if not axes:
        return None
    key = f"price-{dataset}"
    with style(key):
        figure = canvas(PAGE, 2.3)
        grid = figure.subplots(1, len(axes), sharey=True, squeeze=False)[0]
        for ax, (label, costs) in zip(grid, axes.items(), strict=True):
            _draw(ax, column, costs, ink)
            ax.set_xlabel(label)
        grid[0].set_ylabel("q at the end (1: real data)")
        figure.legend(*grid[0].get_legend_handles_labels(), loc="outside right upper", frameon=False)
        caption = (
            "Small: every seed; large: the median of a method, hollow where half of its seeds are dead; dotted: the front, of "
            f"which no method is both nearer to the data and cheaper. Seeds below q = {LOWEST:g} and dead ones stand "
            "at the lower edge."
        ).replace("-", "−")
        return save(figure, key, f"Quality against price on {dataset}", caption + f" {_finding(column, axes)}")


def _draw(ax: Axes, column: Column, costs: Mapping[str, float], ink: Mapping[str, Stroke]) -> None:
    for method, curves in column.curves.items():
        stroke, x = ink[method], costs[method]
        for seed, value in zip(curves.table.columns, curves.last, strict=True):
            shown = max(LOWEST, value) if np.isfinite(value) else LOWEST
            ax.plot(x, shown, stroke.marker, ms=2.4, color=stroke.color, alpha=0.5, gid=mark(method, int(seed), value))
        face = "none" if not np.isfinite(_median(curves)) else stroke.color
        middle = max(LOWEST, _median(curves)) if np.isfinite(_median(curves)) else LOWEST
        ax.plot(
            x, middle, stroke.marker, ms=6.5, color=stroke.color, markerfacecolor=face, ls="none", label=plain(method, 26),
            gid=mark(method, None, _median(curves)), zorder=4,
        )  # fmt: skip
    front = front_of({m: (costs[m], _median(c)) for m, c in column.curves.items()})
    points = [(costs[m], max(LOWEST, _median(column.curves[m]))) for m in front]
    ax.step(
        *zip(*points, strict=True), where="post", color=FAINT, lw=0.9, ls=(0, (1, 1.5)), zorder=1
    ) if points else None
    ax.axhline(1, color=FAINT, lw=0.6)
    ax.set_ylim(LOWEST - 0.06, 1.06)
    ax.set_xscale("log")
    log_ticks(ax.xaxis)


def front_of(points: Mapping[str, tuple[float, float]]) -> list[str]:
    """The methods (price, q) that no other dominates, cheapest first; without those that have no q."""
    alive = {m: p for m, p in points.items() if np.isfinite(p[1])}
    kept: list[str] = []
    best = -np.inf
    for method in sorted(alive, key=lambda m: (alive[m][0], -alive[m][1])):
        if alive[method][1] > best:
            kept.append(method)
            best = alive[method][1]
    return kept


def _median(curves: Curves) -> float:
    return curves.summary("last").median


def _finding(column: Column, axes: Mapping[str, Mapping[str, float]]) -> str:
    label, costs = next(iter(axes.items()))
    front = front_of({m: (costs[m], _median(c)) for m, c in column.curves.items()})
    return f"On the front of {label}: {', '.join(front)}." if front else "No method has a median."
