"""The one test behind claims and gates: exact midrank Mann-Whitney, stratified over data sets.

Larger is better (`Measure.orient`); a dead seed is -∞, the worst rank, so nothing is imputed and no survivor flatters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, comb, log10
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from bench.stats.measure import Floats

Pair: TypeAlias = tuple[Floats, Floats]  # candidate [n], baseline [m] of one stratum
SIGNIFICANT = 12  # digits; values that differ by the rounding of a subtraction alone tie


@dataclass(frozen=True)
class RankTest:
    """What `rank_test` finds. `greater` is small where the candidate is better by more than the shift."""

    wins: float  # U: pairs of a stratum in which the candidate is better, ties half
    pairs: int
    greater: float  # P(U* >= U), one-sided
    less: float  # P(U* <= U), one-sided

    @property
    def improvement(self) -> float:
        """Probability of improvement: P(candidate better) + P(tie) / 2."""
        return self.wins / self.pairs


def rank_test(strata: Sequence[tuple[ArrayLike, ArrayLike]], shift: float = 0.0) -> RankTest:
    """Is the candidate better than the baseline by more than `shift`? strata: (candidate [n_k], baseline [m_k]).

    U = Σ_k Σ_ij 1[x_i - shift > y_j] + ½ 1[x_i - shift = y_j]. The null is the exact distribution of U over all
    assignments of each stratum's pooled values, ties included, to groups of n_k and m_k; strata are independent, so
    theirs convolve. Raises ValueError for NaN, an infinite shift, or an empty group.
    Source: Mann and Whitney 1947; Lehmann 1975 (ties, blocks).
    """
    if not np.isfinite(shift):
        raise ValueError("a shift is finite")
    doubled, pairs, null = 0, 0, np.ones(1)
    for x, y in _pairs(strata):
        x, y = snapped(x - shift, y)
        doubled += 2 * int((x[:, None] > y).sum()) + int((x[:, None] == y).sum())
        pairs += len(x) * len(y)
        sizes = np.unique(np.concatenate([x, y]), return_counts=True)[1]
        null = np.convolve(null, null_distribution(tuple(sizes.tolist()), len(x)))
    at_least, at_most = null[doubled:].sum(), null[: doubled + 1].sum()
    return RankTest(doubled / 2, pairs, min(1.0, float(at_least)), min(1.0, float(at_most)))


@lru_cache(maxsize=4096)
def null_distribution(ties: tuple[int, ...], n: int) -> Floats:
    """P(2U = u) for u = 0 … 2nm, all assignments of n pooled values to the candidate being equally likely.

    `ties` holds how often each distinct value occurs, from the smallest on. Counts subsets by size and doubled
    midrank sum, one distinct value after another; all terms are positive, so the tails are exact to rounding.
    """
    total = sum(ties)
    most = sum(sorted(_doubled_midranks(ties), reverse=True)[:n])
    ways = np.zeros((n + 1, most + 1))
    ways[0, 0] = 1.0
    below = 0
    for size in ties:
        rank = 2 * below + size + 1
        fresh = ways.copy()
        for taken in range(1, min(size, n) + 1):
            step = taken * rank
            if step <= most:
                fresh[taken:, step:] += comb(size, taken) * ways[: n + 1 - taken, : most + 1 - step]
        ways, below = fresh, below + size
    pmf = np.zeros(2 * n * (total - n) + 1)
    sums = ways[n, n * (n + 1) :]
    pmf[: len(sums)] = sums / float(comb(total, n))
    pmf.setflags(write=False)
    return pmf


def untied(candidate: Floats, baseline: Floats) -> tuple[Floats, Floats]:
    """(greater, less) of many comparisons without ties at once: candidate [R, n], baseline [R, m] -> [R], [R]."""
    n, m = candidate.shape[1], baseline.shape[1]
    wins = np.array([int((x[:, None] > y).sum()) for x, y in zip(candidate, baseline, strict=True)])
    null = null_distribution((1,) * (n + m), n)[::2]
    at_most, at_least = np.cumsum(null), np.cumsum(null[::-1])[::-1]
    return np.minimum(at_least[wins], 1.0), np.minimum(at_most[wins], 1.0)


def snapped(x: Floats, y: Floats) -> Pair:
    """Both groups rounded to 12 digits of the largest magnitude, so that x - (x - y) ties with y."""
    both = np.concatenate([x, y])
    largest = float(np.abs(both[np.isfinite(both)]).max(initial=0.0))
    if largest == 0.0:
        return x, y
    digits = SIGNIFICANT - ceil(log10(largest))
    if digits > 300:
        return x, y
    return np.round(x, digits), np.round(y, digits)


def _pairs(strata: Sequence[tuple[ArrayLike, ArrayLike]]) -> list[Pair]:
    out = [(np.asarray(x, dtype=np.float64).ravel(), np.asarray(y, dtype=np.float64).ravel()) for x, y in strata]
    if not out or any(not len(x) or not len(y) for x, y in out):
        raise ValueError("a comparison needs at least one value in each group of each stratum")
    if any(np.isnan(x).any() or np.isnan(y).any() for x, y in out):
        raise ValueError("NaN has no rank; orient the values first, which makes a dead seed the worst")
    return out


def _doubled_midranks(ties: tuple[int, ...]) -> list[int]:
    ranks, below = [], 0
    for size in ties:
        ranks += [2 * below + size + 1] * size
        below += size
    return ranks
