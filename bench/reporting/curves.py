"""Metrics against the step: every seed a thin line, the median a thick one, a cross where a seed died."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bench.reporting.figure_style import FAINT, INK, Picture, Stroke, facets, log_ticks, mark, plain, save, style
from bench.reporting.lines import joined
from bench.reporting.results import Fate, Results
from bench.reporting.spend import Axis, axis
from bench.reporting.summary import Column, Curves, columns
from bench.stats.medians import medians
from bench.stats.outcomes import COLLAPSED, WORST_FIRST, outcome

SHAPES = {"x": "cross", "o": "circle", "s": "square", "v": "triangle down", "^": "triangle up"}
MARKS = "; ".join(dict.fromkeys(f"{SHAPES.get(row.mark, row.mark)}: {row.shown}" for row in WORST_FIRST if row.mark))


def metric_curves(results: Results, dataset: str, strokes: Mapping[str, Stroke]) -> list[Picture]:
    """One figure a column: a small axes for each method, the others' medians faint behind it."""
    found, spent = [c for column in columns(results, dataset) if (c := column.trained).curves], axis(results, dataset)
    seen: dict[str, int] = {}
    pictures = []
    for column in found:
        seen[column.metric.name] = seen.get(column.metric.name, 0) + 1
        count = seen[column.metric.name]
        key = f"curves-{dataset}-{column.metric.name}" + (f"-{count}" if count > 1 else "")
        pictures.append(_figure(key, dataset, column, strokes, spent))
    return pictures


def _figure(key: str, dataset: str, column: Column, strokes: Mapping[str, Stroke], spent: Axis) -> Picture:
    with style(key):
        figure, axes = facets(len(column.curves), sharex=True, sharey=True)
        middles = {method: _median(curves) for method, curves in column.curves.items()}
        log = column.metric.log and any((curves.rows > 0).any() for curves in column.curves.values())
        for ax, (method, curves) in zip(axes, column.curves.items(), strict=True):
            if log:
                ax.set_yscale("log")
            others = [(spent.of(other), middles[m]) for m, other in column.curves.items() if other is not curves]
            ax.plot(*joined(others), color=FAINT, lw=0.6, alpha=0.35, zorder=1)
            if np.isfinite(column.floor) and (column.floor > 0 or not log):
                ax.axhline(column.floor, color=FAINT, lw=0.7, ls=(0, (1, 1.5)), zorder=1)
            _seeds(ax, curves, middles[method], strokes[method], spent)
            title(ax, method, strokes[method], curves.fates)
            step_axis(ax)
            if log:
                log_ticks(ax.yaxis)
        if np.isfinite(column.floor) and (column.floor > 0 or not log):
            below = "top" if column.metric.higher_is_better else "bottom"  # the side on which curves begin
            place: Any = {"xycoords": ("axes fraction", "data"), "va": below, "fontsize": 6, "color": FAINT}
            axes[0].annotate("real data", (0.03, column.floor), **place)
        figure.supylabel(plain(column.title, 28), fontsize=7)
        figure.supxlabel(spent.label, fontsize=7.5)
        _held(axes[0], column, log)
        for ax, curves in zip(axes, column.curves.values(), strict=True):
            _ends(ax, curves, spent)
        caption = (
            f"{column.title} on {dataset}. Thin: every seed; thick: median over all seeds, dead ones ranked worst (it "
            f"ends where the median is dead). "
            f"How seeds ended: {MARKS}. The axis holds the middle of all values; what leaves it goes on outside. "
            f"Grey: the other methods' medians; dotted: real data."
        )
        return save(figure, key, f"{column.title} against {spent.label} on {dataset}", caption)


def _median(curves: Curves) -> np.ndarray:
    dead = np.array([fate.dead for fate in curves.fates])
    return medians(curves.rows, curves.metric.higher_is_better) if len(dead) else np.full(len(curves.steps), np.nan)


def _seeds(ax: Axes, curves: Curves, middle: np.ndarray, stroke: Stroke, spent: Axis) -> None:
    marker, x = "." if len(curves.steps) == 1 else None, spent.of(curves)
    method = curves.cell.method
    for seed, row in zip(curves.table.columns, curves.rows, strict=True):
        gid = mark(method, int(seed), float(row[-1]))
        ax.plot(x, row, color=stroke.color, lw=0.6, alpha=0.45, marker=marker, ms=3, zorder=2, gid=gid)
    gid = mark(method, None, float(middle[-1]))
    ax.plot(x, middle, color=stroke.color, lw=1.8, ls=stroke.line, marker=marker, ms=7, zorder=3, gid=gid)


def _held(ax: Axes, column: Column, log: bool) -> None:
    """The axis that all share: the middle of all values in view, so that one broken method flattens no other."""
    values = np.concatenate([curves.rows.ravel() for curves in column.curves.values()])
    values = values[np.isfinite(values) & ((values > 0) | (not log))]
    if len(values) < 10:
        return
    points = np.log10(values) if log else values
    low, high = np.percentile(points, [1, 99])
    quarter, three = np.percentile(points, [25, 75])
    reach = 4 * max(three - quarter, 0.1 * (high - low))
    bottom, top = max(low, quarter - reach), min(high, three + reach)
    if np.isfinite(column.floor) and (column.floor > 0 or not log):  # real data stays in view
        real = np.log10(column.floor) if log else column.floor
        bottom, top = min(bottom, real), max(top, real)
    room = 0.08 * (top - bottom)
    least, most = points.min(), points.max()
    if room > 1e-6 * max(abs(least), abs(most)) and (least < bottom - room or most > top + room):
        ends = (bottom - room, top + room)
        ax.set_ylim(*(10**x if log else x for x in ends))


def _ends(ax: Axes, curves: Curves, spent: Axis) -> None:
    """Mark where seeds died, collapsed or were cut short; one that died before its first number, at the worst edge."""
    low, high = ax.get_ylim()
    edge = low if curves.metric.higher_is_better else high
    for row, fate in zip(curves.rows, curves.fates, strict=True):
        if not fate.failed:
            continue
        sound = np.isfinite(row) & (row > 0) if ax.get_yscale() == "log" else np.isfinite(row)
        before = (
            sound & (curves.steps <= fate.step) if fate.step is not None and fate.outcome == COLLAPSED.name else sound
        )
        (where,) = np.nonzero(before)
        x, y = (curves.steps[where[-1]], row[where[-1]]) if where.size else (fate.step or 0, edge)
        mark = outcome(fate.outcome).mark
        face: Any = {"markerfacecolor": "none"} if mark != "x" else {}
        ax.plot(
            [spent.at(curves, x)], [y], mark, ms=4.2, mew=1.1, color=INK, ls="none", zorder=5, clip_on=False, **face
        )
    ax.set_ylim(low, high)


def title(ax: Axes, text: str, stroke: Stroke, fates: list[Fate]) -> None:
    """A method's name in its colour, and how many of its seeds failed."""
    lost = sum(fate.failed for fate in fates)
    ax.set_title(plain(text, 22), color=stroke.color, loc="left", pad=9, fontweight="bold", fontsize=7)
    said = f"{lost} of {len(fates)} seeds failed" if lost else ""
    where: Any = {"xycoords": "axes fraction", "textcoords": "offset points"}
    ax.annotate(said, (0, 1), (0, 2), fontsize=6, color=INK, **where)


def step_axis(ax: Axes) -> None:
    """A few round steps, thousands as `2k`."""
    ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / 1000:g}k" if abs(x) >= 1000 else f"{x:g}"))
