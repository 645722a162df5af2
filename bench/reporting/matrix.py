"""The first picture: method × data set, every cell a stability panel in small, written as HTML and SVG by hand.

A cell holds a stacked bar of outcomes, its counts in words, the median q of its seeds with its interval on one axis for all
cells, and the seconds that a seed took. Nothing depends on colour alone: bars are hatched, and the counts are words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Any

from markupsafe import Markup, escape

from bench.reporting.answer import seconds_a_seed
from bench.reporting.estimates import digits
from bench.reporting.panel import cant_tell, panel_rows
from bench.reporting.results import Cell, Results
from bench.stats.outcomes import OUTCOMES, outcome

WIDEST, MOST = 12, 600  # data sets side by side, cells in all
WIDE, BAR, LINE = 132, 11, 13  # of a cell's drawing, in CSS pixels
SHOWN = {row.shown: row for row in OUTCOMES if row.result}
STROKES = {"/": "M0 6L6 0", "\\": "M0 0L6 6", "x": "M0 6L6 0M0 0L6 6", "-": "M0 3H6", ".": "M2 3h1.6", "o": "M3 2v1.6"}


@dataclass(frozen=True)
class MatrixCell:
    """What one cell shows; `rank` sorts: failures first, then the distance from real data."""

    drawing: Markup
    words: str
    numbers: str
    rank: float = float("inf")
    best: bool = False


@dataclass(frozen=True)
class MatrixRow:
    method: str
    best: bool
    failed: str
    share: float
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True)
class Matrix:
    """Rows in the suite's order."""

    datasets: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    kinds: tuple[tuple[str, str, Markup], ...]  # (outcome, what it means, its swatch), for the legend
    left_out: str = ""  # what is too much for a first screen

    @property
    def patterns(self) -> Markup:
        """The hatches, once for the whole page."""
        return Markup("").join(_pattern(name) for name in SHOWN)


def matrix(results: Results, best: tuple[str, ...]) -> Matrix | None:
    """The matrix of a suite, of the first data sets and methods where it is large; None where no seed ran."""
    if not any(cell.fates for cell in results.cells):
        return None
    held = {(cell.dataset, cell.method): cell for cell in results.cells}
    rows, mute = panel_rows(results), {d: cant_tell(results, d) is not None for d in results.datasets[:WIDEST]}
    methods, datasets = results.methods, results.datasets[:WIDEST]
    most = max(10, MOST // len(datasets))
    shown = [m for m in methods if m in best][:most]
    shown = [m for m in methods if m in shown or m in methods[: most - len(shown)]]
    lines = []
    for method in shown:
        of = [(d, held.get((d, method))) for d in results.datasets]
        cells = tuple(_cell(c, rows.get((d, method)), mute[d]) for d, c in of[: len(datasets)])
        fates = [fate for _, c in of if c is not None for fate in c.fates.values()]
        known = all(outcome(fate.outcome).judged for fate in fates)
        count = sum(fate.failed for fate in fates)
        failed = f"{count}/{len(fates)}" if fates and known else "no quality" if fates else "—"
        lines.append(MatrixRow(method, method in best, failed, count / len(fates) if fates else 2.0, cells))
    there = {outcome(f.outcome).shown for cell in results.cells for f in cell.fates.values()}
    kinds = tuple((name, row.means, _swatch(name)) for name, row in SHOWN.items() if name in there)
    left = len(methods) - len(shown), len(results.datasets) - len(datasets)
    told = [f"{n} more {what}" for n, what in zip(left, ("methods", "data sets"), strict=True) if n]
    return Matrix(tuple(datasets), tuple(lines), kinds, " and ".join(told))


def _cell(cell: Cell | None, row: Mapping[str, Any] | None, mute: bool) -> MatrixCell:
    if cell is None:
        return MatrixCell(Markup(""), "not asked for", "")
    if not cell.fates:
        return MatrixCell(Markup(""), ", ".join(cell.statuses), "")
    counts = Counter(outcome(fate.outcome).shown for fate in cell.fates.values())
    total = len(cell.fates)
    words = f"all {total} {next(iter(counts))}" if len(counts) == 1 and total > 1 else _counted(counts)
    median, low, high = (row[f"quality{end}"] if row else float("nan") for end in ("", "_low", "_high"))
    judged = row is not None and not isnan(row["reach"])
    q = "q can't tell" if mute else "no quality" if not judged else "q: dead" if isnan(median) else f"q {median:.2f}"
    q = q.replace("-", "−")
    seconds = seconds_a_seed([cell])
    numbers = " · ".join(filter(None, [q, f"{digits(seconds)} s" if isfinite(seconds) else ""]))
    line = _quality(median, low, high) if judged and not mute else Markup("")
    rank = len(cell.failures) / total * 10 - (median if judged and isfinite(median) else -9.0)
    height = BAR + (LINE if line else 0)
    drawn = Markup(
        '<svg class="cell" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{said}">{bar}{line}</svg>'
    ).format(w=WIDE, h=height, said=f"{words}; {numbers}", bar=_bar(counts, total), line=line)
    return MatrixCell(drawn, words, numbers, rank)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[name]} {name}" for name in SHOWN if counts[name])


def _bar(counts: Counter[str], total: int) -> Markup:
    parts, left = [], 0.0
    for name in SHOWN:
        if counts[name]:
            width = WIDE * counts[name] / total
            parts.append(_rectangle(left, width, name))
            left += width
    return Markup("").join(parts)


def _rectangle(left: float, width: float, name: str) -> Markup:
    place = Markup('x="{:.1f}" y="0" width="{:.1f}" height="{}"').format(left, max(0.0, width - 1), BAR - 1)
    fill = Markup('<rect {} fill="{}"/>').format(place, SHOWN[name].color)
    hatched = Markup('<rect {} fill="url(#{})"/>').format(place, _name(name)) if SHOWN[name].hatch else Markup("")
    return fill + hatched


def _quality(median: float, low: float, high: float) -> Markup:
    """q on an axis from 0 (nothing but mean and covariance) to 1 (real data); what lies below 0 ends in an arrow."""

    def at(value: float) -> float:
        return 4 + (WIDE - 8) * min(1.0, max(0.0, 0.0 if isnan(value) else value))

    y = BAR + LINE / 2
    out = [
        Markup('<path class="axis" d="M4 {y:.1f}H{end}M4 {a:.1f}v5M{end} {a:.1f}v5"/>').format(
            y=y, end=WIDE - 4, a=y - 2.5
        ),
        Markup('<path class="q" d="M{:.1f} {y:.1f}H{:.1f}"/>').format(at(low), at(high), y=y),
    ]
    if isnan(median):
        out.append(Markup('<path class="dead" d="M1 {0:.1f}l6 6m0 -6l-6 6"/>').format(y - 3))
    elif median < 0:
        out.append(Markup('<path class="dot" d="M0 {0:.1f}l6 -3.5v7z"/>').format(y))
    else:
        out.append(Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="3.2"/>').format(at(median), y))
    return Markup("").join(out)


def _swatch(name: str) -> Markup:
    """A piece of a bar, for the legend."""
    return Markup('<svg class="swatch" width="18" height="{}" aria-hidden="true">{}</svg>').format(
        BAR - 1, _rectangle(0, 19, name)
    )


def _pattern(name: str) -> Markup:
    row = SHOWN[name]
    if not row.hatch:
        return Markup("")
    return Markup(
        '<pattern id="{}" width="6" height="6" patternUnits="userSpaceOnUse"><path d="{}" stroke="#1b1f24" '
        'stroke-width="1" stroke-linecap="round" fill="none"/></pattern>'
    ).format(_name(name), STROKES[row.hatch[0]])


def _name(shown: str) -> str:
    return "hatch-" + str(escape(shown)).replace(" ", "-")
