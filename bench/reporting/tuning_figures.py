"""The best of k trials against k, and a mark for every setting that was tried."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bench.records.tuned import QUALITY, WORKS, Tuned, TunedSuite
from bench.reporting.figure_style import COLUMN, FAINT, INK, PAGE, Picture, Stroke, canvas, plain, save, style
from bench.stats.best_of_k import best_of_k_quantile

ROW = 0.24  # inches
LEAST = -1.0  # quality that is still drawn at its place
PLAIN = Stroke(INK, "-", "o")


def best_of_k_curves(found: TunedSuite, cells: list[Tuned], dataset: str, ink: Mapping[str, Stroke]) -> Picture:
    """A line for each method: the median best of k trials, and the middle half of all choices of k."""
    key = f"best-of-k-{dataset}"
    bounded = found.select == QUALITY
    with style(key):
        figure = canvas(PAGE * 0.7, 2.3)
        ax = figure.subplots()
        for one in cells:
            values, stroke = one.values(), ink.get(one.method, PLAIN)
            low, middle, high = (_shown(one, best_of_k_quantile(values, share), bounded) for share in (0.25, 0.5, 0.75))
            trials = np.arange(1, len(values) + 1)
            ax.fill_between(trials, low, high, color=stroke.color, alpha=0.14, lw=0)
            ax.plot(trials, middle, ls=stroke.line, color=stroke.color, lw=1.5, label=plain(one.method, 24))
        if bounded:
            ax.axhline(WORKS, color=FAINT, lw=0.7, ls=(0, (1, 1.5)))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlabel("trials")
        ax.set_ylabel(plain(_axis(found, cells), 30))
        figure.legend(loc="outside right upper", frameon=False)
        caption = (
            f"The best of k settings on {dataset}: median over all choices of k of the {found.trials} trials, and the middle half "
            "of them. A line begins where the median choice no longer holds failures alone"
        )
        caption += f"; what lies below {LEAST:g} is drawn there; dotted: {WORKS:g}." if bounded else "."
        return save(figure, key, f"Best of k trials on {dataset}", caption)


def settings_strip(found: TunedSuite, cells: list[Tuned], dataset: str, ink: Mapping[str, Stroke]) -> Picture:
    """A mark for every setting, a row for each method: its quality, or the score that selects where that is not known."""
    key = f"settings-{dataset}"
    quality = found.select == QUALITY or all(one.qualities() is not None for one in cells)
    with style(key):
        figure = canvas(max(COLUMN, PAGE * 0.7), len(cells) * ROW + 0.75)
        ax = figure.subplots()
        shown = [_strip_values(one, quality) for one in cells]
        known = np.concatenate([values[np.isfinite(values)] for values in shown])
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        room = (high - low) or 1.0
        grave = low - 0.12 * room
        for row, (one, values) in enumerate(zip(cells, shown, strict=True)):
            _row(ax, row, one, values, grave, ink.get(one.method, PLAIN))
        if quality:
            ax.axvline(WORKS, color=FAINT, lw=0.7, ls=(0, (1, 1.5)))
        if not all(np.isfinite(values).all() for values in shown):
            ax.axvspan(grave - 0.06 * room, grave + 0.06 * room, color=FAINT, alpha=0.13, lw=0)
        ax.set_yticks(range(len(cells)), [plain(one.method, 24) for one in cells])
        ax.set_ylim(len(cells) - 0.4, -0.6)
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel(plain("median q at the end" if quality else _axis(found, cells), 40))
        caption = (
            f"Every setting that was tried on {dataset}: the median over its seeds at the end of training. Ring: the chosen one; "
            "crosses in the shaded margin: failed"
        )
        caption += f"; what lies below {LEAST:g} is drawn there; dotted: {WORKS:g}." if quality else "."
        return save(figure, key, f"Quality of every setting on {dataset}", caption)


def _row(ax: Axes, row: int, one: Tuned, values: np.ndarray, grave: float, stroke: Stroke) -> None:
    nudges = np.linspace(-0.24, 0.24, max(2, len(values)))
    best = one.chosen
    for trial, (value, nudge) in enumerate(zip(values, nudges, strict=False)):
        if not np.isfinite(value):
            ax.plot(grave, row + nudge, "x", ms=3.2, mew=0.9, color=INK)
            continue
        ax.plot(value, row + nudge, "o", ms=2.8, mew=0, color=stroke.color, alpha=0.8)
        if best is not None and best.trial == trial:
            ax.plot(value, row + nudge, "o", ms=6.5, mew=0.9, color=INK, markerfacecolor="none")


def _strip_values(one: Tuned, quality: bool) -> np.ndarray:
    values = one.qualities() if quality else None
    if values is not None:
        return np.where(np.isfinite(values), np.maximum(values, LEAST), np.nan)
    return _shown(one, one.values(), False)


def _shown(one: Tuned, turned: np.ndarray, bounded: bool) -> np.ndarray:
    """In the units of the score; NaN for failures, which are not drawn."""
    values = np.array([one.direction.back(float(value)) for value in turned])
    return np.maximum(values, LEAST) if bounded else values


def _axis(found: TunedSuite, cells: list[Tuned]) -> str:
    apart = any(one.direction.target is not None for one in cells)
    return f"|{found.select} − real|" if apart else "median q" if found.select == QUALITY else f"median {found.select}"
