"""Shares of seeds: exact tests and intervals."""

from __future__ import annotations

from functools import cache
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bench.plugins.lazily import lazily

if TYPE_CHECKING:
    from scipy import stats
else:
    stats = lazily("scipy.stats")


class Interval(NamedTuple):
    low: float
    high: float


def fisher_more(failed: int, n: int, failed_before: int, n_before: int) -> float:
    """One-sided p that the failure rate is higher than before. Source: Fisher 1935; scipy.stats.fisher_exact."""
    table = np.array([[failed, n - failed], [failed_before, n_before - failed_before]])
    return float(stats.fisher_exact(table, alternative="greater").pvalue)


@cache
def wilson(k: int, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a share, for drawing. Source: Wilson 1927; scipy's binomtest."""
    found = stats.binomtest(k, n).proportion_ci(confidence, method="wilson")
    return Interval(float(found.low), float(found.high))


def clopper_pearson(k: int, n: int, confidence: float = 0.95) -> Interval:
    """Exact interval of a share, for bounds that must hold. Source: Clopper and Pearson 1934; scipy's binomtest."""
    found = stats.binomtest(k, n).proportion_ci(confidence, method="exact")
    return Interval(float(found.low), float(found.high))


def newcombe(k: int, n: int, k_other: int, n_other: int, confidence: float = 0.95) -> Interval:
    """Interval of the difference k/n - k_other/n_other, from Wilson's two. Source: Newcombe 1998, method 10."""
    p, q = k / n, k_other / n_other
    a, b = wilson(k, n, confidence), wilson(k_other, n_other, confidence)
    low = p - q - sqrt((p - a.low) ** 2 + (b.high - q) ** 2)
    high = p - q + sqrt((a.high - p) ** 2 + (q - b.low) ** 2)
    return Interval(low, high)
