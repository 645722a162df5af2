"""Can a comparison decide at all, and how often will it: asked before a run, not after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import numpy as np

from bench.stats.aggregates import Estimate
from bench.stats.measure import Floats
from bench.stats.ranks import choices, untied
from bench.stats.rates import clopper_pearson

Draw = Callable[[np.random.Generator, tuple[int, int]], Floats]


@dataclass(frozen=True)
class Design:
    """What `reachable` finds."""

    smallest_p: float  # where every candidate beats every baseline
    level: float  # what the smallest p must reach: alpha over the number of tests
    needed: int  # seeds in each group (a larger group stays as large as it is) that would reach it

    @property
    def reachable(self) -> bool:
        return self.smallest_p <= self.level


def smallest_p(n: int, m: int, strata: int = 1) -> float:
    """The smallest one-sided p of a rank test of n against m without ties: C(n + m, n)^-strata."""
    return choices(n, m) ** -strata


def reachable(n: int, m: int, alpha: float = 0.05, tests: int = 1, strata: int = 1) -> Design:
    """Whether n seeds against m, in each of `strata` data sets, can be decided as one of `tests` under Holm.

    Holm asks alpha / tests of the first rejection, so a smallest p above that makes the test mute whatever the truth.
    """
    level = alpha / tests
    needed = next(k for k in count(1) if smallest_p(max(n, k), max(m, k), strata) <= level)
    return Design(smallest_p(n, m, strata), level, needed)


def normal(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Seeds that scatter normally, in units of their standard deviation."""
    return rng.standard_normal(size)


def power(
    n: int,
    m: int,
    shift: float,
    rng: np.random.Generator,
    *,
    alpha: float = 0.05,
    margin: float = 0.0,
    repetitions: int = 2000,
    draw: Draw = normal,
) -> Estimate:
    """How often n seeds, better by `shift`, are found better by more than `margin` than m seeds, by simulation.

    Shift and margin are in units of what `draw` yields (standard deviations by default). The interval is
    Clopper-Pearson's at 95 %, of the simulation.
    """
    x, y = draw(rng, (repetitions, n)) + shift - margin, draw(rng, (repetitions, m))
    hits = int((untied(x, y)[0] <= alpha).sum())
    bounds = clopper_pearson(hits, repetitions)
    return Estimate(hits / repetitions, bounds.low, bounds.high)
