"""How a report turns seeds into an interval, and a number into a few honest digits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom

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
    while 2 * k < seeds and 1 - 2 * binom.cdf(k, seeds, 0.5) >= level:
        k += 1
    return k, float(1 - 2 * binom.cdf(k - 1, seeds, 0.5))


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


def digits(value: float, width: float = 0.0) -> str:
    """A number with the digits that its uncertainty leaves: two digits of `width`, three in all where it is unknown.

    Very small and very large numbers are written like 1.2e-5; thousands are parted by a narrow space.
    """
    if math.isnan(value):
        return "—"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    if _countable(value):
        return f"{value:,g}".replace(",", "\u202f").replace("-", "−")
    return _rounded(value, width)


def _rounded(value: float, width: float) -> str:
    size = math.floor(math.log10(abs(value))) if value else 0
    if size < -4 or size > 6:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", "−")
    rough = width <= 0 or not math.isfinite(width)
    places = max(0, 2 - size if rough else min(3 - size, 1 - math.floor(math.log10(width))))
    return f"{value:,.{places}f}".replace(",", "\u202f").replace("-", "−")


def interval(found: Estimate) -> str:
    """`0.031 [0.027, 0.040]`; a failed end says so, and a failed median shows the survivors' beside it."""
    if found.failed:
        return "failed" if math.isnan(found.survivors) else f"failed (survivors {digits(found.survivors)})"
    if found.level == 0:
        return digits(found.median)
    shown = (found.median, found.low, found.high)
    known = [value for value in shown if math.isfinite(value)]
    width = max(known) - min(known)
    counts = all(map(_countable, known))
    if found.median and not counts:
        width = min(width, abs(found.median))  # two digits of the interval, and never fewer than two of the median
    write = digits if counts else _rounded
    median, low, high = ("failed" if math.isnan(value) else write(value, width) for value in shown)
    return f"{median} [{low}, {high}]"


def _countable(value: float) -> bool:
    """Counts, and medians of counts: shown as they are."""
    return abs(value) < 10_000 and float(2 * value).is_integer()


def steps(value: float | None) -> str:
    """A step count, thousands parted; a dash where there is none."""
    return "—" if value is None or not math.isfinite(value) else f"{int(value):,}".replace(",", "\u202f")
