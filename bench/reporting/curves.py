"""Metrics and losses against the step: every seed a thin line, the median a thick one, a cross where a seed died."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bench.reporting.figure_style import FAINT, INK, Picture, Stroke, facets, log_ticks, mark, plain, save, style
from bench.reporting.results import Fate, Results
from bench.reporting.spend import Axis, axis
from bench.reporting.stability import losses
from bench.reporting.summary import Column, Curves, columns, traces
from bench.stats.medians import medians
from bench.stats.outcomes import COLLAPSED, WORST_FIRST, outcome

SHAPES = {"x": "cross", "o": "circle", "s": "square", "v": "triangle down", "^": "triangle up"}
MARKS = "; ".join(dict.fromkeys(f"{SHAPES.get(row.mark, row.mark)}: {row.shown}" for row in WORST_FIRST if row.mark))
MOST_POINTS = 300  # of one seed's line; a longer one is thinned to its extremes


def metric_curves(results: Results, dataset: str, strokes: Mapping[str, Stroke]) -> list[Picture]:
    """One figure a column: a small axes for each method, the others' medians faint behind it."""
    found, spent = columns(results, dataset), axis(results, dataset)
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
            _title(ax, method, strokes[method], curves.fates)
            _steps(ax)
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


def _title(ax: Axes, method: str, stroke: Stroke, fates: list[Fate]) -> None:
    lost = sum(fate.failed for fate in fates)
    ax.set_title(plain(method, 22), color=stroke.color, loc="left", pad=9, fontweight="bold", fontsize=7)
    said = f"{lost} of {len(fates)} seeds failed" if lost else ""
    where: Any = {"xycoords": "axes fraction", "textcoords": "offset points"}
    ax.annotate(said, (0, 1), (0, 2), fontsize=6, color=INK, **where)


def _steps(ax: Axes) -> None:
    ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / 1000:g}k" if abs(x) >= 1000 else f"{x:g}"))


def loss_traces(results: Results, dataset: str, strokes: Mapping[str, Stroke]) -> Picture | None:
    """Every player's loss, a small axes for each method; None where no loss was probed."""
    players = losses(results, dataset)
    cells = [cell for cell in results.on(dataset) if any(len(traces(results, cell, name)) for name in players.values())]
    if not cells:
        return None
    key = f"losses-{dataset}"
    with style(key):
        figure, axes = facets(len(cells), sharex=True)
        for ax, cell in zip(axes, cells, strict=True):
            stroke, own = strokes[cell.method], 0
            shown = []
            for player, name in players.items():
                table = traces(results, cell, name)
                if not len(table):
                    continue
                color = (stroke.color, FAINT, INK)[min(own, 2)]
                own += 1
                _losses(ax, table, color, stroke.line)
                shown.append((player, color))
                dead = [fate for fate in cell.fates.values() if fate.dead and fate.seed in table.columns]
                _crosses(ax, table, dead)
            _cut(ax, [traces(results, cell, name) for name in players.values()])
            _title(ax, cell.method, stroke, list(cell.fates.values()))
            for k, (player, color) in enumerate(shown):
                place = (0.03 + 0.16 * k, 0.97)
                ax.annotate(
                    plain(player, 8),
                    place,
                    xycoords="axes fraction",
                    va="top",
                    fontsize=6.5,
                    color=color,
                    fontweight="bold",
                )
            _steps(ax)
        figure.supylabel("loss", fontsize=7.5)
        figure.supxlabel("step", fontsize=7.5)
        caption = (
            f"Losses on {dataset}: thin, every seed; thick, the median of the seeds alive; a cross where a seed died. "
            f"The axes hold the middle 99 % "
            "of the values. Losses of different methods are different functions: compare shapes, not heights."
        )
        return save(figure, key, f"Losses on {dataset}", caption)


def _losses(ax: Axes, table: pd.DataFrame, color: str, line: str) -> None:
    steps = table.index.to_numpy(dtype=np.float64)
    values = table.to_numpy(dtype=np.float64).T
    for row in values:
        ax.plot(*thinned(steps, row), color=color, lw=0.4, alpha=0.35, zorder=2)
    middle = table.median(axis=1).to_numpy(dtype=np.float64)
    ax.plot(*thinned(steps, middle), color=color, lw=1.2, ls=line, zorder=3)


def _crosses(ax: Axes, table: pd.DataFrame, dead: list[Fate]) -> None:
    for fate in dead:
        seen = table[fate.seed].dropna()
        if len(seen):
            ax.plot([seen.index[-1]], [seen.iloc[-1]], "x", ms=4.2, mew=1.1, color=INK, zorder=5)


def _cut(ax: Axes, tables: list[pd.DataFrame]) -> None:
    """Keep the middle 99 % of the values in view: one dying seed would flatten all others."""
    values = np.concatenate([table.to_numpy(dtype=np.float64).ravel() for table in tables])
    values = values[np.isfinite(values)]
    if values.size:
        low, high = np.percentile(values, [0.5, 99.5])
        room = 0.12 * (high - low) or max(0.5, 0.1 * abs(high))
        ax.set_ylim(low - room, high + 2 * room)


def thinned(steps: np.ndarray, row: np.ndarray, most: int = MOST_POINTS) -> tuple[np.ndarray, np.ndarray]:
    """At most `most` points of a line, the least and the greatest of every stretch, so that no spike is lost."""
    if len(row) <= most:
        return steps, row
    size, longer = divmod(len(row), most // 2)
    edge = longer * (size + 1)  # the first stretches are longer by one
    kept = np.unique(np.concatenate([_extremes(row[:edge], 0, size + 1), _extremes(row[edge:], edge, size)]))
    return steps[kept], row[kept]


def joined(lines: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Several lines (x [T], y [T]) as one with gaps: one path, which is drawn sooner and takes fewer bytes than many."""
    gap = np.array([np.nan])
    x, y = zip(*[(np.append(x, gap), np.append(y, gap)) for x, y in lines], strict=True) if lines else ((gap,), (gap,))
    return np.concatenate(x), np.concatenate(y)


def _extremes(row: np.ndarray, first: int, size: int) -> np.ndarray:
    """Where the least and the greatest of every `size` numbers lie; the first of them where none is finite."""
    parts = row.reshape(-1, size)
    none = ~np.isfinite(parts).any(1)
    ends = [np.where(np.isnan(parts), inf, parts), -np.where(np.isnan(parts), -inf, parts)]
    starts = first + size * np.arange(len(parts))
    return np.concatenate([starts + np.where(none, 0, end.argmin(1)) for end in ends])
