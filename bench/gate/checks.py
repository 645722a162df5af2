"""The questions that the gate asks of a cell: of its values, its failures, or its survivors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench.gate.baseline import BaselineValues
from bench.gate.rule import Rule
from bench.stats import fisher_more, rank_test, shift, smallest_p
from bench.stats.measure import Floats
from bench.suite.waivers import CellMetric


@dataclass(frozen=True)
class GateCheck(ABC):
    """Is a cell worse than its baseline by more than the margin? One test of an invocation.

    Values [n] of the candidate are as measured; NaN is a dead seed.
    """

    kind: ClassVar[str]

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

    kind = "failures"

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


def checks_of(pool: BaselineValues, minimum: float, rule: Rule) -> list[GateCheck]:
    """What is asked of a cell: its values, dead seeds ranked worst; where the baseline often dies, two things."""
    size = margin(pool, minimum, rule.sds)
    dead, n = _failures(pool.array)
    if dead < rule.fails_often * n:
        return [Values(pool.key, pool, size)]
    apart = Failures(pool.key, pool, 0.0)
    return [apart, Survivors(pool.key, pool, size)] if n - dead > 1 else [apart]


def margin(pool: BaselineValues, minimum: float, sds: float) -> float:
    """max(sds · SD of the living baseline seeds, the stated minimum), on the oriented scale.

    Raises ValueError where the pool has no logarithm. On a log scale the minimum, in the metric's units, is counted
    from the baseline's median: log(1 + minimum / median).
    """
    oriented = pool.measure.orient(pool.array)
    living = oriented[np.isfinite(oriented)]
    spread = float(np.std(living, ddof=1)) if len(living) > 1 else 0.0
    if pool.measure.scale == "log" and minimum > 0:
        median = float(np.nanmedian(pool.array)) if len(living) else float("nan")
        if median == 0:
            raise ValueError("half of the baseline is 0, from which no share can be counted; use a linear scale")
        minimum = float(np.log1p(minimum / median)) if median > 0 else 0.0
    return max(sds * spread, minimum)


def _failures(values: Floats) -> tuple[int, int]:
    return int(np.isnan(values).sum()), len(values)
