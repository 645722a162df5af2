"""The median over seeds, with the interval that order statistics give it; a dead seed is the worst value there is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bench.plugins.lazily import lazily

if TYPE_CHECKING:
    from scipy import stats
else:
    stats = lazily("scipy.stats")


LEVEL = 0.95  # wanted coverage of every interval
DECIDES = 0.90  # an interval that covers less can't decide anything


@dataclass(frozen=True)
class Estimate:
    """A median over seeds with its order-statistic interval; NaN stands for "failed", the worst value there is."""

    median: float
    low: float  # the better-or-worse order does not matter here: low <= high numerically, NaN at the failed end
    high: float
    level: float  # attained coverage; 0 where a single seed allows no interval
    seeds: int
    dead: int
    survivors: float  # median of the seeds that have a number; NaN where none has
    higher_is_better: bool

    @property
    def failed(self) -> bool:
        """The median itself is a dead seed."""
        return math.isnan(self.median)

    @property
    def worst_end(self) -> float:
        return self.low if self.higher_is_better else self.high

    @property
    def best_end(self) -> float:
        return self.high if self.higher_is_better else self.low

    def clear_of(self, other: Estimate) -> bool:
        """Better than another beyond doubt: both intervals decide, and this worst end beats that best end."""
        if min(self.level, other.level) < DECIDES or math.isnan(self.worst_end):
            return False
        if math.isnan(other.best_end):
            return True
        return self.worst_end > other.best_end if self.higher_is_better else self.worst_end < other.best_end


@cache
def order_interval(seeds: int, level: float = LEVEL) -> tuple[int, float]:
    """(k, coverage): between the k-th smallest and the k-th largest of n values lies the median with this coverage.

    P(X_(k) <= m <= X_(n+1-k)) = 1 - 2 P(Bin(n, 1/2) <= k-1), whatever the distribution. The narrowest interval that
    covers `level` is taken; below six seeds none reaches 95 % and the whole range is taken, at what it covers.
    Source: David & Nagaraja 2003, Order Statistics, eq. 7.1.2.
    """
    if seeds < 2:
        return 1, 0.0
    k = 1
    while 2 * k < seeds and 1 - 2 * stats.binom.cdf(k, seeds, 0.5) >= level:
        k += 1
    return k, float(1 - 2 * stats.binom.cdf(k - 1, seeds, 0.5))


def estimate(values: ArrayLike, higher_is_better: bool) -> Estimate:
    """Median and interval over seeds; values [S], anything not finite is a dead seed and ranks worst."""
    raw = np.asarray(values, dtype=np.float64)
    alive = np.isfinite(raw)
    worst = -np.inf if higher_is_better else np.inf
    ranked = np.sort(np.where(alive, raw, worst))
    k, level = order_interval(len(raw))

    def number(value: float) -> float:
        return float(value) if np.isfinite(value) else math.nan

    return Estimate(
        median=number(_middle(ranked)),
        low=number(ranked[k - 1]) if len(raw) else math.nan,
        high=number(ranked[-k]) if len(raw) else math.nan,
        level=level,
        seeds=len(raw),
        dead=int((~alive).sum()),
        survivors=float(np.median(raw[alive])) if alive.any() else math.nan,
        higher_is_better=higher_is_better,
    )


def _middle(ranked: np.ndarray) -> float:
    """The median of sorted values; with an infinity among the two middle ones it is that infinity."""
    n = len(ranked)
    return float((ranked[(n - 1) // 2] + ranked[n // 2]) / 2) if n else math.nan


def medians(values: np.ndarray, higher_is_better: bool) -> np.ndarray:
    """values [S, T], NaN where a seed has no number -> medians over seeds [T]; NaN where the median is a dead seed."""
    worst = -np.inf if higher_is_better else np.inf
    ranked = np.sort(np.where(np.isfinite(values), values, worst), axis=0)
    middle = np.array([_middle(column) for column in ranked.T])
    return np.where(np.isfinite(middle), middle, np.nan)
