"""The questions that the gate asks of a cell: of its failures and deaths, its values or survivors, and their scatter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench.gate.baseline import BaselineValues
from bench.gate.rule import DEATHS, FAILURES
from bench.stats import fisher_more, rank_test, shift, smallest_p, smallest_spread_p, spread_test
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
    """Of the living alone: asked where the baseline often dies."""

    kind = "survivors"

    @staticmethod
    def asked(values: Floats) -> Floats:
        return values[~np.isnan(values)]


class Counted(GateCheck):
    """A question about a number of seeds, by Fisher's exact test; the effect is the fall of their share."""

    @staticmethod
    @abstractmethod
    def count(values: Floats) -> int:
        """How many of the seeds it is about."""

    def worse(self, values: Floats) -> float:
        return fisher_more(*self._of(values), *self._of(self.pool.array))

    def better(self, values: Floats) -> float:
        return fisher_more(*self._of(self.pool.array), *self._of(values))

    def effect(self, values: Floats) -> float:
        (k, n), (j, m) = self._of(values), self._of(self.pool.array)
        return j / m - k / n

    def smallest_p(self, n: int) -> float:
        return fisher_more(n, n, *self._of(self.pool.array))

    def speaks_of(self, values: Floats) -> int:
        return len(values)

    def _of(self, values: Floats) -> tuple[int, int]:
        return self.count(values), len(values)


class Deaths(Counted):
    """How many seeds died: numbers that stopped being finite, or a seed that was cut short."""

    kind = DEATHS

    @staticmethod
    def count(values: Floats) -> int:
        return int(np.isnan(values).sum())


class Failures(Counted):
    """How many seeds failed in any way. Values are those of a line of outcomes: 0 is a seed that is ok."""

    kind = FAILURES

    @staticmethod
    def count(values: Floats) -> int:
        return int((values != 0).sum())  # not a number is not 0


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
        return smallest_spread_p(n, len(alive(self.pool.array))) if n > 1 else 1.0

    def speaks_of(self, values: Floats) -> int:
        oriented = self._sides(values)[0]
        return len(oriented) if len(oriented) > 1 and bool(np.isfinite(oriented).all()) else 0

    def _sides(self, values: Floats) -> tuple[Floats, Floats]:
        orient = self.pool.measure.orient
        return orient(alive(values)), orient(alive(self.pool.array))


def alive(values: Floats) -> Floats:
    """Those that are numbers."""
    return values[~np.isnan(values)]
