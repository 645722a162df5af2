"""How seeds ended, and where they ended up: outcome bars and a dot for every seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from bench.reporting.estimates import digits
from bench.reporting.figure_style import FAINT, INK, PAGE, Picture, Stroke, canvas, log_ticks, mark, plain, save, style
from bench.reporting.headline_table import HEADLINE
from bench.reporting.results import Cell, Results
from bench.reporting.summary import Column, columns
from bench.stats.outcomes import OUTCOMES, outcome

BARS: dict[str, dict[str, Any]] = {
    row.shown: {"color": row.color, "hatch": row.hatch} for row in OUTCOMES if row.result
}
ROW = 0.19  # inches


def outcome_bars(results: Results, dataset: str) -> Picture | None:
    """Outcomes of seeds, stacked, for every method of a data set; None where no seed ran."""
    key = f"outcomes-{dataset}"
    cells = results.on(dataset)
    if not any(cell.fates for cell in cells):
        return None
    with style(key):
        figure = canvas(PAGE * 0.7, len(cells) * ROW + 0.85)
        ax = figure.subplots()
        draw_bars(ax, results, dataset)
        there = {shown for cell in cells for shown in _shown(cell)}
        present = [name for name in BARS if name in there]
        handles = [ax.barh([0], [0], **BARS[name], edgecolor="white", lw=0, label=name) for name in present]
        figure.legend(handles=handles, loc="outside upper left", ncols=len(handles), frameon=False, handlelength=1.4)
        caption = "Share of the seeds of every method by outcome; the count at the right is failed seeds of all."
        return save(figure, key, f"Outcomes of all seeds on {dataset}", caption)


def _shown(cell: Cell) -> list[str]:
    return [outcome(fate.outcome).shown for fate in cell.fates.values()]


def draw_bars(ax: Axes, results: Results, dataset: str) -> None:
    """A row for each method, in the suite's order."""
    cells = results.on(dataset)
    for row, cell in enumerate(cells):
        if not cell.fates:
            ax.text(0.01, row, plain(", ".join(cell.statuses)), va="center", fontsize=6, color=FAINT, style="italic")
            continue
        left = 0.0
        for name, bar in BARS.items():
            count = _shown(cell).count(name)
            width = count / len(cell.fates)
            if count:
                ax.barh(row, width, left=left, height=0.72, **bar, edgecolor="white", lw=0)
            left += width
        ax.text(1.02, row, f"{len(cell.failures)}/{len(cell.fates)}", va="center", fontsize=6.5, color=INK)
    ax.set_yticks(range(len(cells)), [plain(cell.method, 24) for cell in cells])
    ax.set_ylim(len(cells) - 0.4, -0.6)
    ax.set_xlim(0, 1)
    ax.set_xticks([])
    ax.tick_params(axis="y", length=0)
    for side in ("bottom", "left"):
        ax.spines[side].set_visible(False)
    ax.set_title(plain(dataset), loc="left", fontweight="bold", pad=3)


def seed_dots(results: Results, dataset: str, strokes: Mapping[str, Stroke]) -> Picture | None:
    """Each seed's last value: a row for each method, an axes for each headline metric, dead seeds at the worst edge."""
    found = columns(results, dataset)
    names = list(dict.fromkeys(column.metric.name for column in found))[:HEADLINE]
    shown = [column for column in found if column.metric.name in names]
    if not shown:
        return None
    methods = [cell.method for cell in results.on(dataset) if any(cell.method in column.curves for column in shown)]
    key = f"dispersion-{dataset}"
    across = min(3, len(shown))
    down = -(-len(shown) // across)
    with style(key):
        figure = canvas(PAGE if across > 1 else PAGE * 0.7, (len(methods) * ROW * 1.15 + 0.65) * down)
        grid = figure.subplots(down, across, squeeze=False, sharey=True)
        for ax, column in zip(grid.flat, shown, strict=False):
            draw_dots(ax, column, methods, strokes)
        for ax in list(grid.flat)[len(shown) :]:
            ax.set_axis_off()
        caption = (
            f"Last value of every seed on {dataset}; bar: median over all seeds, dead ones ranked worst; band: its "
            f"interval; crosses in the shaded "
            "margin: dead seeds; hollow: failed otherwise; dotted: real data."
        )
        return save(figure, key, f"Dispersion over seeds on {dataset}", caption)


def draw_dots(ax: Axes, column: Column, methods: list[str], strokes: Mapping[str, Stroke]) -> None:
    """Every seed's last value, a row for each method."""
    lasts = np.concatenate([curves.last for curves in column.curves.values()])
    known = lasts[np.isfinite(lasts)]
    log = column.metric.log and bool((known > 0).any())
    if log:
        ax.set_xscale("log")
        known = known[known > 0]
    known = np.append(known, column.floor) if np.isfinite(column.floor) and (column.floor > 0 or not log) else known
    low, high, grave = _range(_inner(known, log), log, column.metric.higher_is_better)
    for row, method in enumerate(methods):
        if method not in column.curves:
            continue
        curves, stroke = column.curves[method], strokes[method]
        spread = np.linspace(-0.26, 0.26, max(2, len(curves.last)))
        for nudge, value, fate in zip(spread, curves.last, curves.fates, strict=False):
            if not np.isfinite(value):
                ax.plot(grave, row + nudge, "x", ms=3.2, mew=0.9, color=INK, gid=mark(method, fate.seed))
            elif not low <= value <= high:
                _outside(ax, value, row + nudge, high if value > high else low, stroke.color)
            else:
                face = "none" if fate.failed else stroke.color
                ax.plot(
                    value,
                    row + nudge,
                    stroke.marker,
                    ms=2.6,
                    mew=0.7,
                    color=stroke.color,
                    markerfacecolor=face,
                    alpha=0.9,
                )
        middle = curves.summary("last")
        if middle.level > 0 and not middle.failed:
            left, right = (grave if np.isnan(end) else end for end in (middle.low, middle.high))
            ax.fill_betweenx([row - 0.36, row + 0.36], left, right, color=stroke.color, alpha=0.16, lw=0)
        ax.plot(
            [grave if middle.failed else middle.median] * 2,
            [row - 0.38, row + 0.38],
            color=stroke.color,
            lw=1.6,
            solid_capstyle="butt",
        )
    if np.isfinite(column.floor) and (column.floor > 0 or not log):
        ax.axvline(column.floor, color=FAINT, lw=0.7, ls=(0, (1, 1.5)))
    ax.set_xlim(low, high)
    if log:
        log_ticks(ax.xaxis)
    if not np.isfinite(lasts).all():
        outer = low if column.metric.higher_is_better else high
        ax.axvspan(
            *sorted((_margin(low, high, log, column.metric.higher_is_better), outer)), color=FAINT, alpha=0.13, lw=0
        )
    ax.set_yticks(range(len(methods)), [plain(method, 24) for method in methods])
    ax.set_ylim(len(methods) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(plain(column.title, 44), fontsize=7 if len(column.title) < 34 else 6)


def _inner(known: np.ndarray, log: bool) -> np.ndarray:
    """Without what lies more than three times the middle nine tenths outside of them: one broken method would flatten all."""
    points = np.log10(known) if log else known
    if len(points) < 5:
        return known
    low, high = np.percentile(points, [5, 95])
    middle = np.percentile(points, [25, 75])
    reach = 3 * max(float(np.ptp(middle)), 0.1 * float(high - low), 1e-9)
    kept: np.ndarray = known[(points >= middle[0] - reach) & (points <= middle[1] + reach)]
    return kept


def _outside(ax: Axes, value: float, row: float, edge: float, color: str) -> None:
    """An arrow at the edge, and the number behind it."""
    right = value > edge
    ax.plot([edge], [row], ">" if right else "<", ms=3.4, color=color, clip_on=False, zorder=6)
    where: Any = {"xytext": (-4 if right else 4, 0), "textcoords": "offset points", "va": "center", "fontsize": 5.5}
    ax.annotate(digits(value), (edge, row), ha="right" if right else "left", color=INK, **where)


def _range(known: np.ndarray, log: bool, higher_is_better: bool) -> tuple[float, float, float]:
    """Limits with a margin for the dead at the worst side, and where in it they lie."""
    if not known.size:
        known = np.array([1.0])
    points = np.log10(known) if log else known
    least, most = float(points.min()), float(points.max())
    room = (most - least) or max(abs(most), 1.0) * 0.5
    low, high = least - 0.06 * room, most + 0.06 * room
    if higher_is_better:
        low -= 0.16 * room
        grave = low + 0.07 * room
    else:
        high += 0.16 * room
        grave = high - 0.07 * room
    return tuple(float(10**x) if log else x for x in (low, high, grave))  # type: ignore[return-value]


def _margin(low: float, high: float, log: bool, higher_is_better: bool) -> float:
    """Where the dead seeds' margin begins: 0.14 of the 1.28 parts that `_range` lays out."""
    a, b = (np.log10(low), np.log10(high)) if log else (low, high)
    share = 0.14 / 1.28
    at = a + share * (b - a) if higher_is_better else b - share * (b - a)
    return float(10**at) if log else float(at)
