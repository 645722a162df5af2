"""One number for many data sets: scores are lists of seeds [S_k], one for each data set, on a common scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bench.plugins.lazily import lazily
from bench.stats.measure import Floats
from bench.stats.ranks import pairs, snapped

if TYPE_CHECKING:
    from scipy import stats
else:
    stats = lazily("scipy.stats")

SLOWEST = 4.0  # times the fastest: where a performance profile ends


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
    """Mean over data sets of P(x > y) + ½ P(x = y); (candidate, baseline), -∞ where a seed is dead.

    Raises ValueError for NaN or an empty group. Source: Agarwal et al. 2021, section 4.3.
    """
    shares = []
    for x, y in pairs(strata):
        x, y = snapped(x, y)
        shares.append(float((x[:, None] > y).mean() + (x[:, None] == y).mean() / 2))
    return float(np.mean(shares))


def improvement_interval(strata: Sequence[tuple[ArrayLike, ArrayLike]], rng: np.random.Generator) -> Estimate:
    """`probability_of_improvement` with its stratified bootstrap: both methods' seeds are resampled in each data set."""
    k = len(strata)
    groups = [x for x, _ in strata] + [y for _, y in strata]
    return stratified_bootstrap(lambda g: probability_of_improvement(list(zip(g[:k], g[k:], strict=True))), groups, rng)


def time_ratios(times: ArrayLike) -> Floats:
    """times [problems, methods], ∞ where one never arrives -> each over the problem's fastest; ∞ stays ∞.

    Source: Dolan and Moré 2002, section 2 (performance ratio).
    """
    t = np.asarray(times, dtype=np.float64)
    fastest = t.min(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(t == fastest, 1.0, t / fastest)
    return np.where(np.isinf(t), np.inf, ratios)


def time_profile(ratios: ArrayLike, at: ArrayLike) -> Floats:
    """ρ(τ) = share of problems [P] that a method solves within τ times the fastest method's time: [K] for τ [K].

    Source: Dolan and Moré 2002, eq. 2.1.
    """
    within = np.asarray(ratios, dtype=np.float64).ravel()[:, None] <= np.asarray(at, dtype=np.float64)
    return np.asarray(within.mean(axis=0), dtype=np.float64)


def profile_shares(ratios: ArrayLike, most: float = SLOWEST) -> Floats:
    """What every problem adds to a method's profile score, [P]; their mean is 1/(most - 1) ∫ ρ(τ) dτ from 1 to `most`.

    A problem solved at ratio r is in ρ from r on: max(0, most - r) / (most - 1); 1 is the fastest everywhere, 0 is never
    within `most`. Source: Dahl et al. 2023 (AlgoPerf), section 4 (scoring; there, too, up to 4).
    """
    r = np.asarray(ratios, dtype=np.float64)
    return np.asarray(np.maximum(0.0, most - r) / (most - 1), dtype=np.float64)


def performance_profile(scores: Sequence[ArrayLike], thresholds: ArrayLike) -> Floats:
    """Share of runs that score above each threshold, every data set weighing the same: [K] for thresholds [K].

    Source: Agarwal et al. 2021, section 4.2 (run-score distributions); a dead seed (-∞) is above none.
    """
    at = np.asarray(thresholds, dtype=np.float64)
    shares = [(np.asarray(s, dtype=np.float64).ravel()[:, None] > at).mean(axis=0) for s in scores]
    return np.asarray(np.mean(shares, axis=0), dtype=np.float64)
