"""Nights of the gate on seeds whose law is known: how often it errs, what it finds, and what that costs.

The table in rule.py was made with `simulate`; tests/gate/test_nights.py holds the gate to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.gate.baseline import BaselineValues, ended
from bench.gate.calibrate import Answer, cells_of
from bench.gate.planted import Change
from bench.gate.questions import Line
from bench.gate.rule import DEFAULT, FAILURES, Rule
from bench.stats import Measure
from bench.stats.measure import Floats
from bench.stats.outcomes import COLLAPSED, DIVERGED, OK
from bench.suite.waivers import CellMetric

Law: TypeAlias = Callable[[np.random.Generator, int], Floats]  # -> values of n seeds [n]
UP, DISTANCE = Measure(higher_is_better=True), Measure(higher_is_better=False, scale="log")


class Kind(NamedTuple):
    """Seeds of one kind of cell."""

    draw: Law
    measure: Measure
    fails: float = float("-inf")  # a value below it is a seed that failed alive


LAWS: Mapping[str, Kind] = {
    "normal": Kind(lambda rng, n: rng.normal(size=n), UP),
    "distance": Kind(lambda rng, n: np.exp(0.4 * rng.normal(size=n)), DISTANCE),
    "heavy": Kind(lambda rng, n: rng.standard_t(3, n), UP),
    "counts": Kind(lambda rng, n: np.clip(np.round(7 + rng.normal(size=n)), 0, 8), UP),
    "bounded": Kind(lambda rng, n: np.minimum(1.0, 0.8 + 0.2 * rng.normal(size=n)), UP),
    "dying": Kind(lambda rng, n: np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)), UP),
    "collapsing": Kind(lambda rng, n: np.where(rng.random(n) < 0.1, -8.0, rng.normal(size=n)), UP, fails=-6.0),
}


@dataclass(frozen=True)
class Design:
    """How many seeds, and by which rule."""

    pool: int = 60  # seeds of the baseline, in each cell
    n: int = 10  # of the candidate
    rule: Rule = DEFAULT


class Cells(NamedTuple):
    """Many simulated cells, each with a baseline, a candidate and fresh seeds of its own."""

    p: Floats  # the smallest of a cell's questions, 1 where the screen passes all [count]
    questions: Floats  # asked of each [count]
    runs: Floats  # seeds trained [count]

    def found(self, cells: int, alpha: float = DEFAULT.alpha) -> NDArray[np.bool_]:
        """Which would be regressions in a night of so many cells of the kind [count], the others being as they were:
        Holm's first step."""
        return np.asarray(self.p * self.questions * cells <= alpha)

    def nights(self, cells: int, alpha: float = DEFAULT.alpha) -> NDArray[np.bool_]:
        """In which nights of so many cells any is a regression [count // cells]."""
        whole = len(self.p) // cells * cells
        p, tests = (of[:whole].reshape(-1, cells) for of in (self.p, self.questions))
        return np.asarray(p.min(axis=1) * tests.sum(axis=1) <= alpha)


def simulate(
    design: Design, rng: np.random.Generator, count: int, change: Change | None = None, kind: str = ""
) -> Cells:
    """So many cells, of one kind of `LAWS` or of each in turn; the candidate and the fresh seeds are changed."""
    kinds = [LAWS[kind]] if kind else list(LAWS.values())
    told = [_cell(design, rng, kinds[k % len(kinds)], change) for k in range(count)]
    p = np.array([min(one.p for one in answers) for answers in told])
    runs = design.n + np.array([max(one.fresh for one in answers) for answers in told], dtype=np.float64)
    return Cells(p, np.array([len(answers) for answers in told], dtype=np.float64), runs)


def _cell(design: Design, rng: np.random.Generator, law: Kind, change: Change | None) -> list[Answer]:
    seeds, key = range(design.pool), CellMetric("simulated", "", "x")
    known = law.draw(rng, design.pool)
    ends = ended(key._replace(metric=FAILURES), [_end(law, value) for value in known], seeds)
    pool = BaselineValues(key, tuple(known), tuple(seeds), law.measure)
    (cell,) = cells_of([Line(ends), Line(pool)], design.rule)
    values = law.draw(rng, design.n + max(design.rule.fresh, design.rule.fresh_failures))
    shown = [np.where(np.isnan(values), np.nan, values < law.fails), values]
    if change is not None:
        shown = cell.changed(change, shown, rng)
    return cell.screened(shown, [ends.array, pool.array], design.n, design.rule)


def _end(law: Kind, value: float) -> str:
    return (DIVERGED if np.isnan(value) else COLLAPSED if value < law.fails else OK).name
