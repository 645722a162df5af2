"""The questions that the gate asks of a cell: of its failures, its values or survivors, and their scatter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench.gate.baseline import BaselineValues
from bench.gate.rule import FAILURES, Rule
from bench.stats import fisher_more, rank_test, robust_sd, shift, smallest_p, smallest_spread_p, spread_test
from bench.stats.measure import Floats
from bench.suite.waivers import CellMetric


@dataclass(frozen=True)
class GateCheck(ABC):
    """Is a cell worse than its baseline by more than the margin? One test of an invocation.

    Values [n] of the candidate are as measured; NaN is a dead seed.
    """

    kind: ClassVar[str]
    beside: ClassVar[bool] = False  # asked beside others: where it can't speak, nothing is said

    key: CellMetric
    pool: BaselineValues
    margin: float  # on the oriented scale (logarithms for distances); 0 for failures

    @abstractmethod
    def worse(self, values: Floats) -> float:
        """One-sided p that the candidate is worse by more than the margin."""

    @abstractmethod
    def better(self, values: Floats) -> float:
        """One-sided p that the candidate is better by more than the margin."""

    @abstractmethod
    def effect(self, values: Floats) -> float:
        """How much better on the oriented scale."""

    @abstractmethod
    def smallest_p(self, n: int) -> float:
        """The p of n seeds that are as bad as can be."""

    @abstractmethod
    def speaks_of(self, values: Floats) -> int:
        """Seeds of the candidate that the question is about."""


class Ranked(GateCheck):
    """A question that midranks answer; the effect is Hodges-Lehmann's shift."""

    @staticmethod
    @abstractmethod
    def asked(values: Floats) -> Floats:
        """The seeds that it is about [m ≤ n], of the candidate and of the baseline alike."""

    def worse(self, values: Floats) -> float:
        return rank_test([self._sides(values)], -self.margin).less

    def better(self, values: Floats) -> float:
        return rank_test([self._sides(values)], self.margin).greater

    def effect(self, values: Floats) -> float:
        return shift([self._sides(values)]).estimate

    def smallest_p(self, n: int) -> float:
        return smallest_p(n, len(self.asked(self.pool.array)))

    def speaks_of(self, values: Floats) -> int:
        return len(self.asked(values))

    def _sides(self, values: Floats) -> tuple[Floats, Floats]:
        orient = self.pool.measure.orient
        return orient(self.asked(values)), orient(self.asked(self.pool.array))


class Values(Ranked):
    """Of all seeds, the dead ones ranked worst."""

    kind = "values"

    @staticmethod
    def asked(values: Floats) -> Floats:
        return values


class Survivors(Ranked):
    """Of the living alone: asked beside `Failures`."""

    kind = "survivors"

    @staticmethod
    def asked(values: Floats) -> Floats:
        return values[~np.isnan(values)]


class Failures(GateCheck):
    """How many seeds died, by Fisher's exact test; the effect is the fall of the failure rate."""

    kind = FAILURES

    def worse(self, values: Floats) -> float:
        return fisher_more(*_failures(values), *_failures(self.pool.array))

    def better(self, values: Floats) -> float:
        return fisher_more(*_failures(self.pool.array), *_failures(values))

    def effect(self, values: Floats) -> float:
        (k, n), (j, m) = _failures(values), _failures(self.pool.array)
        return j / m - k / n

    def smallest_p(self, n: int) -> float:
        return fisher_more(n, n, *_failures(self.pool.array))

    def speaks_of(self, values: Floats) -> int:
        return len(values)


class Spread(GateCheck):
    """Whether the living seeds scatter more, on the scale of the metric; the effect is the fall of log scatter.

    Scattering less is no change for the worse, and no fault.
    """

    kind = "spread"
    beside = True

    def worse(self, values: Floats) -> float:
        return spread_test(*self._sides(values)).more

    def better(self, values: Floats) -> float:
        return 1.0

    def effect(self, values: Floats) -> float:
        ratio = spread_test(*self._sides(values)).ratio
        return (
            -float(np.log(ratio))
            if 0 < ratio < np.inf
            else 0.0
            if np.isnan(ratio)
            else float(np.sign(1 - ratio)) * np.inf
        )

    def smallest_p(self, n: int) -> float:
        return smallest_spread_p(n, len(_alive(self.pool.array))) if n > 1 else 1.0

    def speaks_of(self, values: Floats) -> int:
        oriented = self._sides(values)[0]
        return len(oriented) if len(oriented) > 1 and bool(np.isfinite(oriented).all()) else 0

    def _sides(self, values: Floats) -> tuple[Floats, Floats]:
        orient = self.pool.measure.orient
        return orient(_alive(values)), orient(_alive(self.pool.array))


def checks_of(pool: BaselineValues, minimum: float, rule: Rule) -> list[GateCheck]:
    """What is asked of a cell: how many seeds died, always; the values, the dead ranked worst, or where the baseline often
    dies those of the survivors; and whether they scatter more."""
    size = margin(pool, minimum, rule)
    dead, n = _failures(pool.array)
    asked: list[GateCheck] = [Failures(pool.key, pool, 0.0)]
    if dead < rule.fails_often * n:
        asked.append(Values(pool.key, pool, size))
    elif n - dead > 1:
        asked.append(Survivors(pool.key, pool, size))
    oriented = pool.measure.orient(_alive(pool.array))
    if len(oriented) > 1 and np.isfinite(oriented).all() and np.ptp(oriented) > 0:
        asked.append(Spread(pool.key, pool, 0.0))
    return asked


def margin(pool: BaselineValues, minimum: float, rule: Rule) -> float:
    """max(sds · robust SD of the living baseline seeds, the stated minimum), on the oriented scale, and no more than
    `way` of the way from their median down to the null reference, where that is known and the median is better.

    A few bad seeds of the baseline move neither (`robust_sd`). Raises ValueError where the pool has no logarithm. On a
    log scale the minimum, in the metric's units, is counted from the baseline's median: log(1 + minimum / median).
    """
    oriented = pool.measure.orient(pool.array)
    living = oriented[np.isfinite(oriented)]
    spread = robust_sd(living) if len(living) > 1 else 0.0
    if pool.measure.scale == "log" and minimum > 0:
        median = float(np.nanmedian(pool.array)) if len(living) else float("nan")
        if median == 0:
            raise ValueError("half of the baseline is 0, from which no share can be counted; use a linear scale")
        minimum = float(np.log1p(minimum / median)) if median > 0 else 0.0
    return min(max(rule.sds * spread, minimum), rule.way * _way(pool, living))


def _way(pool: BaselineValues, living: Floats) -> float:
    """From the median of the living [m], oriented, down to the null reference; infinite where there is no such way."""
    if not len(living) or np.isnan(pool.null) or (pool.measure.scale == "log" and pool.null <= 0):
        return float("inf")
    way = float(np.median(living) - pool.measure.orient(pool.null))
    return way if way > 0 else float("inf")


def _alive(values: Floats) -> Floats:
    return values[~np.isnan(values)]


def _failures(values: Floats) -> tuple[int, int]:
    return int(np.isnan(values).sum()), len(values)
