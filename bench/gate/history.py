"""Many nights of one suite: nightly numbers over time, and when they changed. It never fails a build.

A series is one cell and metric under one set of conditions (device, precision, budget, protocol): where one of these
changes, another series begins, and no change is looked for between the two. Nights that are one draw (the same seeds,
the same bits) are one observation. The share of seeds that failed is a series beside the metrics.

All series together, a history without a change yields one with probability at most alpha (Holm). The family is the
series in which a change could show at all; how small a p can be depends on the number of nights and not on their
numbers, so leaving out the others costs nothing (Tarone 1990). Every look at a growing history is a new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Literal

import numpy as np

from bench.gate import change_point, night_values
from bench.gate.change_point import Change, smallest_p
from bench.gate.night_values import CellName, CellNight, Conditions, differences
from bench.gate.nights import Night
from bench.stats import Measure, holm
from bench.stats.measure import Floats

State = Literal["seen", "repeat", "missing"]


@dataclass(frozen=True)
class Point:
    """One night of a series."""

    night: Night
    state: State
    value: float = float(
        "nan"
    )  # median over seeds, dead ones ranked worst, or a share; NaN where half of them are dead
    seeds: int = 0
    why: str = ""  # what is missing, or which night is repeated
    of: CellNight | None = field(default=None, repr=False, compare=False)

    @property
    def dead(self) -> bool:
        """Half of the seeds or more have no number: the worst of nights."""
        return self.state != "missing" and bool(np.isnan(self.value))


@dataclass(frozen=True)
class Series:
    """The nights of one cell and metric under one set of conditions."""

    dataset: str
    method: str
    metric: str
    conditions: Conditions
    measure: Measure
    points: tuple[Point, ...]  # every night that belongs here, repeats and missing ones too
    began: str = ""  # what differs from the series before it
    tested: bool = False  # whether it is one of the family
    change: Change | None = None  # its indices count `seen`; its p is Holm's

    @property
    def seen(self) -> tuple[Point, ...]:
        """One a draw: what counts."""
        return tuple(point for point in self.points if point.state == "seen")

    @property
    def values(self) -> Floats:
        return np.array([point.value for point in self.seen], dtype=np.float64)

    @property
    def between(self) -> tuple[Night, Night]:
        """The last night of the old level and the last that may have brought the new one."""
        assert self.change is not None
        held = [point for point in self.points if point.state != "missing"]
        first, last = (self.seen[k] for k in (self.change.first, self.change.last))
        return held[max(held.index(first) - 1, 0)].night, last.night

    @property
    def commits(self) -> tuple[str, str]:
        """What to bisect."""
        old, new = self.between
        return old.commit, new.commit

    @property
    def suite_commits(self) -> tuple[str, str]:
        old, new = self.between
        return old.suite_commit, new.suite_commit

    def seeds(self, point: Point) -> Floats:
        """A night's number of every seed [n], NaN where it is dead; none of a missing night."""
        if point.of is None:
            return np.empty(0)
        return point.of.numbers.get(self.metric, np.full(len(point.of.seeds), np.nan))


@dataclass(frozen=True)
class History:
    """What many nights say."""

    nights: tuple[Night, ...]
    series: tuple[Series, ...]
    alpha: float
    permutations: int  # orders drawn at most for one series

    @property
    def family(self) -> int:
        """The series that were tested, over all of which Holm's correction runs."""
        return sum(one.tested for one in self.series)

    @property
    def needed(self) -> int:
        """The fewest different nights in which a change of one of the series can show, were all of them to have as many."""
        return change_point.nights_needed(self.alpha / max(1, len(self.series)))


def history(found: Sequence[Night], alpha: float = 0.05) -> History:
    """Every cell and metric that was measured on any night, with its change where there is one."""
    return judged(found, [night_values.cells(night) for night in found], alpha)


def judged(
    found: Sequence[Night], cells: Sequence[Mapping[CellName, Sequence[CellNight]]], alpha: float = 0.05
) -> History:
    """The history of nights whose cells are given.

    Of K tested series each draws up to 100 K orders of its nights (9999 at least): the least p, times K, is .01.
    """
    drafts = list(_series(found, cells))
    least = [smallest_p(len(one.seen)) if len(np.unique(one.values)) > 1 else 1.0 for one in drafts]
    family = next(k for k in range(1, len(drafts) + 2) if sum(p <= alpha / k for p in least) <= k)
    tested = [k for k, p in enumerate(least) if p <= alpha / family]
    permutations = max(9999, ceil(5 * len(tested) / alpha))
    changes = [change_point.change(drafts[k].values, drafts[k].measure, permutations) for k in tested]
    adjusted = holm([1.0 if one is None else one.p for one in changes])
    for k, one, p in zip(tested, changes, adjusted, strict=True):
        kept = replace(one, p=float(p)) if one is not None and p <= alpha else None
        drafts[k] = replace(drafts[k], tested=True, change=kept)
    return History(tuple(found), tuple(drafts), alpha, permutations)


def _series(found: Sequence[Night], every: Sequence[Mapping[CellName, Sequence[CellNight]]]) -> Iterator[Series]:
    for name in sorted({name for cells in every for name in cells}):
        own = [cells.get(name, []) for cells in every]
        for metric in sorted({metric for groups in own for one in groups for metric in one.numbers}):
            yield from _of_metric(name, metric, found, own)


def _of_metric(
    name: CellName, metric: str, found: Sequence[Night], own: Sequence[Sequence[CellNight]]
) -> Iterator[Series]:
    """One series for each set of conditions, in the order in which they began."""
    placed: dict[Conditions, dict[int, Point]] = {}
    began: dict[Conditions, str] = {}
    held: list[tuple[int, Conditions]] = []
    for k, conditions, cell in _seen(metric, own):
        before = placed.setdefault(conditions, {})
        if conditions not in began:
            began[conditions] = differences(held[-1][1], conditions) if held else ""
        held.append((k, conditions))
        measure = cell.measures.get(metric) or _measure(metric, own)
        values = cell.numbers.get(metric, np.full(len(cell.seeds), np.nan))
        value = float(values.mean()) if metric == night_values.FAILURES else middle(values, measure)
        same = next((p for p in before.values() if p.state == "seen" and p.of and cell.repeats(p.of)), None)
        point = Point(found[k], "seen", value, len(cell.seeds), "", cell)
        before[k] = replace(point, state="repeat", why=f"the draw of {same.night.date}") if same else point
    for k, groups in enumerate(own):  # a night without a number is missing in the series that was under way
        if held and not any(k in points for points in placed.values()):
            conditions = next((c for at, c in reversed(held) if at < k), held[0][1])
            why = ", ".join(sorted({"not measured" if one.seeds else one.why for one in groups})) or "no record"
            placed[conditions][k] = Point(found[k], "missing", why=why)
    for conditions, points in placed.items():
        inorder = tuple(points[k] for k in sorted(points))
        yield Series(*name, metric, conditions, _measure(metric, own), inorder, began[conditions])


def _seen(metric: str, own: Sequence[Sequence[CellNight]]) -> Iterator[tuple[int, Conditions, CellNight]]:
    """Night, conditions and cell wherever seeds came to a result. Where all died before a protocol was known, it is
    that of the nights before, else of those after."""
    known: list[tuple[int, Conditions, str]] = [
        (k, one.conditions, one.protocols[metric])
        for k, groups in enumerate(own)
        for one in groups
        if metric in one.protocols
    ]
    for k, groups in enumerate(own):
        for one in groups:
            dead = len(one.deaths) == len(one.seeds)
            if not one.seeds or (metric not in one.numbers and not dead):
                continue
            mine = [(at, protocol) for at, conditions, protocol in known if conditions == one.conditions]
            filled = [p for at, p in mine if at < k][-1:] or [p for _, p in mine][:1] or [""]
            yield k, replace(one.conditions, protocol=one.protocols.get(metric, filled[0])), one


def _measure(metric: str, own: Sequence[Sequence[CellNight]]) -> Measure:
    return next(one.measures[metric] for groups in reversed(own) for one in groups if metric in one.measures)


def middle(values: Floats, measure: Measure) -> float:
    """The median with dead seeds ranked worst: NaN where it is a dead one."""
    order = np.sort(replace(measure, target=None).orient(values))
    low = order[(len(order) - 1) // 2]
    living = np.sort(values[~np.isnan(values)])
    if np.isneginf(low) and np.isnan(values).any():
        return float("nan")
    dead = len(values) - len(living)
    worst = np.full(dead, -np.inf if measure.higher_is_better else np.inf)
    return float(np.median(np.concatenate([living, worst])))
