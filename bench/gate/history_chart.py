"""One metric of one cell over the nights, as an SVG drawn by hand: a history has hundreds of them.

Nights from left to right, each with its seeds as dots and its median on a line; the band behind; failures below. A
figure of matplotlib costs some tenths of a second, and a page of hundreds of them megabytes; only ticks are matplotlib's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, log10
from typing import TypeAlias

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

from bench.gate.band import Banded
from bench.gate.history import Point, Series
from bench.gate.history_report import number
from bench.gate.night_values import FAILURES
from bench.gate.nights import Night
from bench.reporting.figure_style import tag
from bench.stats.measure import Floats

X: TypeAlias = Callable[[Night], float]

WIDE, LEFT, RIGHT = 360, 44, 6  # CSS pixels
TOP, PLOT, GAP, STRIP, DATES = 12, 96, 7, 18, 16
BOTTOM, TALL = TOP + PLOT, TOP + PLOT + GAP + STRIP + DATES


@dataclass(frozen=True)
class Axis:
    """From a value to its height; what lies outside of the middle of all values ends in an arrow."""

    low: float
    high: float
    log: bool

    def at(self, value: float) -> float:
        """0 at the bottom, 1 at the top; beyond for what lies outside."""
        v = (log10(value) if value > 0 else -np.inf) if self.log else value
        return (v - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """A few round values inside."""
        places = MaxNLocator(3, steps=[1, 2, 5, 10]).tick_values(self.low, self.high)
        inside = [float(p) for p in places if self.low <= p <= self.high]
        return [float(f"{10**p:.2g}") for p in inside] if self.log else inside


def axis(values: Floats, log: bool) -> Axis | None:
    """An axis that holds the middle of some values, so that one broken night flattens no other; None without any."""
    v = values[np.isfinite(values)]
    log = log and bool((v > 0).any())
    v = np.log10(v[v > 0]) if log else v
    if not len(v):
        return None
    quarter, three = np.percentile(v, [25, 75])
    reach = 4 * float(three - quarter) or float(np.ptp(v))  # where half of all values are one, all are shown
    low, high = max(v.min(), quarter - reach), min(v.max(), three + reach)
    room = 0.08 * (high - low) or max(0.05 * abs(high), 0.5 if not log else 0.1)
    return Axis(float(low - room), float(high + room), log)


def chart(nights: Sequence[Night], shown: Sequence[Banded], failures: Sequence[Series], said: str) -> Markup:
    """The drawing of one metric of one cell: a series for each set of conditions. `said`: what it shows, in words."""
    place = {night.folder: k for k, night in enumerate(nights)}
    step = (WIDE - LEFT - RIGHT) / len(nights)

    def x(night: Night) -> float:
        return LEFT + (place[night.folder] + 0.5) * step

    drawn = [one for one in shown if one.series.metric != FAILURES]
    parts: list[Markup] = []
    if drawn:
        measure = drawn[0].series.measure
        seeds = [one.series.seeds(point) for one in drawn for point in one.series.points]
        ends = [end for one in drawn if one.band for end in (one.band.worst, one.band.best)]
        scale = axis(np.concatenate([np.array(ends, dtype=np.float64), *seeds]), measure.scale == "log")
        worst = BOTTOM if measure.higher_is_better else TOP
        parts += _frame(scale)
        for one in drawn:
            parts += _band(one, scale, x, worst, step)
            parts += _seeds(one.series, scale, x)
            parts += _medians(one.series, scale, x, worst)
            parts += _change(one.series, x, step, TOP, BOTTOM)
        parts += _breaks([one.series for one in drawn], x, step)
    parts += _strip(failures, x, step)
    parts += _dates(nights, x)
    up = 0 if drawn else BOTTOM - 2  # failures alone
    return Markup('<svg class="cell nights" viewBox="0 {} {} {}" role="img" aria-label="{}">{}</svg>').format(
        up, WIDE, TALL - up, said, Markup("").join(parts)
    )


def _y(share: float) -> float:
    return BOTTOM - PLOT * share


def _frame(scale: Axis | None) -> Iterator[Markup]:
    yield Markup('<path class="axis" d="M{0} {1}V{2}H{3}"/>').format(LEFT, TOP, BOTTOM, WIDE - RIGHT)
    if scale is None:
        yield Markup('<text x="{}" y="{}">no seed has a number</text>').format(LEFT + 8, TOP + PLOT / 2)
        return
    for value in scale.ticks():
        y = _y(scale.at(value))
        yield Markup('<path class="axis" d="M{} {:.1f}h-3"/><text x="{}" y="{:.1f}" class="end">{}</text>').format(
            LEFT, y, LEFT - 5, y + 3, f"{value:.4g}".replace("-", "−")
        )


def _band(one: Banded, scale: Axis | None, x: X, worst: float, step: float) -> Iterator[Markup]:
    points = one.series.points
    if one.band is None or scale is None:
        return
    ends = one.band.worst, one.band.best
    ys = [worst if not isfinite(end) else _y(min(1.0, max(0.0, scale.at(end)))) for end in ends]
    left, right = x(points[0].night) - step / 2, x(points[-1].night) + step / 2
    yield Markup('<rect class="band" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
        left, min(ys), right - left, max(1.0, abs(ys[0] - ys[1]))
    )


def _seeds(series: Series, scale: Axis | None, x: X) -> Iterator[Markup]:
    """All seeds as one path of dots; those outside of the axis as arrows at its edge."""
    if scale is None:
        return
    dots, arrows = [], []
    for point in series.points:
        values = series.seeds(point)
        shares = np.array([scale.at(v) for v in values[~np.isnan(values)]])
        dots += [f"M{x(point.night):.1f} {_y(s):.1f}h0" for s in shares if 0 <= s <= 1]
        arrows += [_arrow(x(point.night), up) for up in {bool(s > 1) for s in shares if not 0 <= s <= 1}]
    if dots:
        yield Markup('<path class="seeds" d="{}"/>').format("".join(dots))
    if arrows:
        yield Markup('<path class="out" d="{}"><title>seeds outside of the axis</title></path>').format("".join(arrows))


def _arrow(x: float, up: bool) -> str:
    y, way = (TOP, 1) if up else (BOTTOM, -1)
    return f"M{x:.1f} {y}l3 {5 * way}h-6z"


def _medians(series: Series, scale: Axis | None, x: X, worst: float) -> Iterator[Markup]:
    """The line, which ends where a night is missing or dead, and a mark for each night."""
    runs: list[list[str]] = [[]]
    marks = []
    for point in series.points:
        at = x(point.night)
        if point.state == "missing":
            runs.append([])
            text = f"{point.night.date}: {point.why}"
            marks.append(_mark(series, text, Markup('<path class="gone" d="M{:.1f} {}v7"/>').format(at, BOTTOM - 7)))
            continue
        if scale is None or not isfinite(point.value):
            runs.append([])
            y = worst + (4 if worst == TOP else -4)
            shape = Markup('<path class="dead" d="M{:.1f} {:.1f}l6 6m0 -6l-6 6"/>').format(at - 3, y - 3)
        else:
            y = _y(min(1.0, max(0.0, scale.at(point.value))))
            runs[-1].append(f"{at:.1f} {y:.1f}")
            kind = "dot" if point.state == "seen" else "again"
            shape = Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="2.6"/>').format(kind, at, y)
        marks.append(_mark(series, _told(point), shape))
    for run in runs:
        if len(run) > 1:
            yield Markup('<path class="median" d="M{}"/>').format("L".join(run))
    yield from marks


def _told(point: Point) -> str:
    commit = f", {point.night.said}" if point.night.said else ""
    repeats = f", {point.why}" if point.why else ""
    return f"{point.night.date}: {number(point.value)} ({point.seeds} seeds{repeats}{commit})"


def _mark(series: Series, text: str, shape: Markup) -> Markup:
    """A thing that says what it is where it is pointed at, and by which its cell is followed on the page."""
    cell = tag(f"{series.dataset} / {series.method}")
    return Markup('<g class="mark" data-m="{}" data-said="{}">{}</g>').format(cell, text, shape)


def _change(series: Series, x: X, step: float, top: float, bottom: float) -> Iterator[Markup]:
    """A line before the first night of the new level, and a bar over the nights that it may have been."""
    change = series.change
    if change is None:
        return
    seen = series.seen
    at, first, last = (x(seen[k].night) - step / 2 for k in (change.at, change.first, change.last))
    kind = "better" if change.better else "worse"
    yield Markup('<path class="change {}" d="M{:.1f} {}V{}"/>').format(kind, at, top, bottom)
    yield Markup('<path class="change {} span" d="M{:.1f} {y}H{:.1f}"/>').format(
        kind, first - 0.4 * step, last + 0.4 * step, y=top
    )
    left = at < WIDE / 2
    yield Markup('<text class="{} {}" x="{:.1f}" y="{}">{}</text>').format(
        kind,
        "" if left else "end",
        at,
        top - 3,
        f"{'▲' if change.better else '▼'} {kind} since {seen[change.at].night.date}",
    )


def _breaks(series: Sequence[Series], x: X, step: float) -> Iterator[Markup]:
    """Where nights are unlike those before, and the line ends."""
    for one in series:
        if one.began:
            at = x(one.points[0].night) - step / 2
            shape = Markup('<path class="break" d="M{0:.1f} {1}V{2}"/>').format(at, TOP, BOTTOM)
            yield _mark(one, f"{one.points[0].night.date}: {one.began}", shape)


def _strip(failures: Sequence[Series], x: X, step: float) -> Iterator[Markup]:
    """The share of seeds that failed, a bar a night; none is a line, a missing night is nothing."""
    top = BOTTOM + GAP
    low = top + STRIP
    yield Markup('<path class="axis" d="M{} {}H{}"/><text x="{}" y="{}" class="end">failed</text>').format(
        LEFT, low, WIDE - RIGHT, LEFT - 5, low - 2
    )
    wide = max(1.0, min(10.0, 0.7 * step))
    for series in failures:
        for point in series.points:
            if point.state == "missing":
                continue
            tall = max(1.2, STRIP * point.value)
            failed = int(series.seeds(point).sum())
            shape = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                "failures" if failed else "none", x(point.night) - wide / 2, low - tall, wide, tall
            )
            yield _mark(series, f"{point.night.date}: {failed} of {point.seeds} seeds failed", shape)
        yield from _change_of_failures(series, x, step, top, low)


def _change_of_failures(series: Series, x: X, step: float, top: float, low: float) -> Iterator[Markup]:
    if series.change is not None:
        at = x(series.seen[series.change.at].night) - step / 2
        kind = "better" if series.change.better else "worse"
        yield Markup('<path class="change {}" d="M{:.1f} {}V{}"/>').format(kind, at, top - 2, low)


def _dates(nights: Sequence[Night], x: X) -> Iterator[Markup]:
    alone = len(nights) == 1
    ends = [(nights[0], "middle" if alone else "start"), (nights[-1], "end")]
    for night, anchor in ends[: 1 if alone else 2]:
        yield Markup('<text x="{:.1f}" y="{}" style="text-anchor:{}">{}</text>').format(
            x(night), TALL - 3, anchor, night.date
        )
