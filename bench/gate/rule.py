"""The rule of the gate, and the questions it asks of a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bench.baseline import Key, Pool
from bench.stats import fisher_more, rank_test, shift, smallest_p
from bench.stats.measure import Floats

Kind = Literal["values", "survivors", "failures"]


@dataclass(frozen=True)
class Rule:
    """Screen, then confirm on fresh seeds; Holm runs over all tests of the invocation, confirmed or not.

    How many fresh seeds it takes, by simulation: 2500 nights of 60 tests, 5 seeds of the candidate, three cells
    shifted by 2 or 3 between-seed standard deviations, normal seeds, margin 0.5 SD. The false alarms are those of a
    night with all 60 cells exactly at the margin, where a rule's level shows (a quiet night has fewer).

    | baseline seeds | fresh | power at 2 SD | at 3 SD | P(any false alarm) | runs a night |
    |---|---|---|---|---|---|
    | 20 | 10 | .58 | .99 | .001 | 336 |
    | 20 | 20 | .82 | 1.0 | .001 | 373 |
    | 20 | 30 | .88 | 1.0 | .001 | 409 |
    | 20 | 40 | .90 | 1.0 | .001 | 446 |
    | 30 | 20 | .89 | 1.0 | .000 | 369 |
    | 40 | 20 | .93 | 1.0 | .000 | 371 |

    Holm over the confirmed tests alone would ask for ten fresh seeds only, and would not hold its level: the fresh
    seeds meet the very baseline draw that the screen picked as a lucky one (.16 false alarms at the margin).
    """

    screen: float = 0.10  # a cell that looks worse at this level is run again
    alpha: float = 0.05  # P(any false regression) of an invocation, Holm over all of its tests
    sds: float = 0.5  # the margin, in standard deviations of the baseline's living seeds
    fresh: int = 40  # seeds of a confirmation; only cells that the screen picked are run again
    fails_often: float = 0.20  # a baseline that loses this share of its seeds is asked about deaths and survivors apart


DEFAULT = Rule()


@dataclass(frozen=True)
class Question:
    """Is a cell worse than its baseline by more than the margin? One test of an invocation."""

    key: Key
    kind: Kind
    pool: Pool
    margin: float  # on the oriented scale (logarithms for distances); 0 for failures

    def worse(self, values: Floats) -> float:
        """One-sided p that the candidate is worse by more than the margin; values [n] as measured, NaN = dead."""
        if self.kind == "failures":
            return fisher_more(*_failures(values), *_failures(self.pool.array))
        return rank_test([self._sides(values)], -self.margin).less

    def better(self, values: Floats) -> float:
        """One-sided p that the candidate is better by more than the margin."""
        if self.kind == "failures":
            return fisher_more(*_failures(self.pool.array), *_failures(values))
        return rank_test([self._sides(values)], self.margin).greater

    def effect(self, values: Floats) -> float:
        """How much better on the oriented scale: Hodges-Lehmann's shift, or the fall of the failure rate."""
        if self.kind == "failures":
            (k, n), (j, m) = _failures(values), _failures(self.pool.array)
            return j / m - k / n
        return shift([self._sides(values)]).estimate

    def smallest_p(self, n: int) -> float:
        """The p of n seeds that are as bad as can be."""
        if self.kind == "failures":
            return fisher_more(n, n, *_failures(self.pool.array))
        return smallest_p(n, len(self._sides(np.ones(1))[1]))

    def speaks_of(self, values: Floats) -> int:
        """Seeds of the candidate that the question is about."""
        return int(np.isfinite(values).sum()) if self.kind == "survivors" else len(values)

    def _sides(self, values: Floats) -> tuple[Floats, Floats]:
        base = self.pool.array
        if self.kind == "survivors":
            values, base = values[~np.isnan(values)], base[~np.isnan(base)]
        return self.pool.measure.orient(values), self.pool.measure.orient(base)


def questions(pool: Pool, minimum: float, rule: Rule) -> list[Question]:
    """What is asked of a cell: its values, dead seeds ranked worst; where the baseline often dies, two things."""
    size = margin(pool, minimum, rule.sds)
    dead, n = _failures(pool.array)
    if dead < rule.fails_often * n:
        return [Question(pool.key, "values", pool, size)]
    apart = [Question(pool.key, "failures", pool, 0.0)]
    return [*apart, Question(pool.key, "survivors", pool, size)] if n - dead > 1 else apart


def margin(pool: Pool, minimum: float, sds: float) -> float:
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
