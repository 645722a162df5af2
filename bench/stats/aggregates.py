"""One number for many data sets: scores are lists of seeds [S_k], one for each data set, on a common scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from bench.stats.measure import Floats
from bench.stats.ranks import rank_test


@dataclass(frozen=True)
class Estimate:
    """A number with the interval in which it is drawn."""

    value: float
    low: float
    high: float


def interquartile_mean(scores: Sequence[ArrayLike]) -> float:
    """Mean of the middle half of all seeds of all data sets. Source: Agarwal et al. 2021, section 4.3."""
    pooled = np.concatenate([np.asarray(s, dtype=np.float64).ravel() for s in scores])
    return float(stats.trim_mean(pooled, 0.25))


def stratified_bootstrap(
    statistic: Callable[[Sequence[Floats]], float],
    scores: Sequence[ArrayLike],
    rng: np.random.Generator,
    repetitions: int = 2000,
    confidence: float = 0.95,
) -> Estimate:
    """A statistic over data sets, with a percentile interval from seeds resampled within each data set.

    For drawing, not for deciding: with five seeds such an interval misses twice as often as it says. Data sets are
    fixed, so the interval speaks about new seeds, not about new data sets. Source: Agarwal et al. 2021, section 4.1.
    """
    groups = [np.asarray(s, dtype=np.float64).ravel() for s in scores]
    drawn = [statistic([rng.choice(g, len(g)) for g in groups]) for _ in range(repetitions)]
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(float(statistic(groups)), float(low), float(high))


def probability_of_improvement(strata: Sequence[tuple[ArrayLike, ArrayLike]]) -> float:
    """Mean over data sets of P(x > y) + ½ P(x = y); (candidate, baseline). Source: Agarwal et al. 2021."""
    return float(np.mean([rank_test([pair]).improvement for pair in strata]))


def performance_profile(scores: Sequence[ArrayLike], thresholds: ArrayLike) -> Floats:
    """Share of runs that score above each threshold, every data set weighing the same: [K] for thresholds [K].

    Source: Agarwal et al. 2021, section 4.2 (run-score distributions); a dead seed (-∞) is above none.
    """
    at = np.asarray(thresholds, dtype=np.float64)
    shares = [(np.asarray(s, dtype=np.float64).ravel()[:, None] > at).mean(axis=0) for s in scores]
    return np.asarray(np.mean(shares, axis=0), dtype=np.float64)
