"""The one test behind claims and gates: exact midrank Mann-Whitney, stratified over data sets.

Larger is better (`Measure.orient`); a dead seed is -∞, the worst rank, so nothing is imputed and no survivor flatters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from math import comb, exp, inf, lgamma
from math import log as log_of
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from bench.stats.measure import Floats

Pair: TypeAlias = tuple[Floats, Floats]  # candidate [n], baseline [m] of one stratum
ROUNDING = 1e-12  # of a value; values that differ by the rounding of a subtraction alone tie
LARGEST = 709.0  # whose exponential is a float
EXACT = 2**53  # whole numbers below it are exact in float64


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
    doubled, count, designs = 0, 0, []
    for x, y in pairs(strata):
        x, y = snapped(x, y, shift)
        doubled += 2 * int((x[:, None] > y).sum()) + int((x[:, None] == y).sum())
        count += len(x) * len(y)
        sizes = np.unique(np.concatenate([x, y]), return_counts=True)[1]
        designs.append((tuple(sizes.tolist()), len(x)))
    ways = _joint(tuple(designs))
    at_least, at_most = ways[doubled:].sum() / ways.sum(), ways[: doubled + 1].sum() / ways.sum()
    return RankTest(doubled / 2, count, min(1.0, float(at_least)), min(1.0, float(at_most)))


def choices(n: int, m: int) -> float:
    """C(n + m, n), in how many ways groups of n and m can be dealt out; ∞ where that is no float."""
    log = lgamma(n + m + 1) - lgamma(n + 1) - lgamma(m + 1)
    return inf if log > LARGEST else exp(log) if log > log_of(EXACT) + 1 else float(comb(n + m, n))


@lru_cache(maxsize=512)
def assignments(ties: tuple[int, ...], n: int) -> Floats:
    """How many ways there are to give n of the pooled values to the candidate such that 2U = 0, 1, …, 2nm.

    `ties` holds how often each distinct value occurs, from the smallest on. Mann and Whitney's recursion, one distinct
    value after another: where t values tie and a of them are the candidate's, each of these beats the j values of the
    baseline below and ties with t - a, so 2U grows by 2aj + a(t - a), in C(t, a) ways. The numbers are whole, and
    exact in float64, while all ways together are fewer than 2^53. Beyond, they are relative: each value is the
    candidate's with probability n/N, so nothing overflows. All terms are positive: nothing cancels either, and each
    number is right to about N · 1e-16 of itself.
    """
    total, unit = sum(ties), 1 if max(ties) > 1 else 2  # without ties 2U is even, and half as much is stored
    m, seen = total - n, 0
    share = (1, 1, 1) if choices(n, m) < EXACT else (n, m, total)
    weights = {t: _weights(t, *share) for t in set(ties)}
    ways = {0: np.ones(1)}  # how many of the values so far are the candidate's -> ways to 2U = unit · (0, 1, …)
    for t in ties:
        seen += t
        fresh = {}
        for k in range(max(0, seen - m), min(n, seen) + 1):
            fresh[k] = np.zeros(2 * k * (seen - k) // unit + 1)
            for a in range(max(0, t - seen + k), min(t, k) + 1):
                before = ways[k - a]
                gain = a * (2 * (seen - k) - (t - a)) // unit  # 2aj + a(t - a), where j = seen - k - (t - a)
                fresh[k][gain : gain + len(before)] += weights[t][a] * before
        ways = fresh
    out = np.zeros(2 * n * m + 1)
    out[::unit] = ways[n]
    out.setflags(write=False)
    return out


def _weights(t: int, n: int, m: int, total: int) -> list[float]:
    """C(t, a) (n/N)^a (m/N)^(t - a) for a = 0 … t, each rounded once."""
    return [comb(t, a) * n**a * m ** (t - a) / total**t for a in range(t + 1)]


@lru_cache(maxsize=64)
def _joint(strata: tuple[tuple[tuple[int, ...], int], ...]) -> Floats:
    """`assignments` for the sum of 2U over independent strata: (ties, n) of each."""
    return reduce(_convolved, [assignments(ties, n) for ties, n in strata])


def _convolved(one: Floats, other: Floats) -> Floats:
    """Ways to a sum. Added up term by term: a Fourier transform would lose the tails."""
    step = 1 if one[1::2].any() or other[1::2].any() else 2
    out = np.zeros(len(one) + len(other) - 1)
    out[::step] = np.convolve(one[::step], other[::step])
    return out if out.sum() < EXACT else out / out.sum()


def untied(candidate: Floats, baseline: Floats) -> tuple[Floats, Floats]:
    """(greater, less) of many comparisons without ties at once: candidate [R, n], baseline [R, m] -> [R], [R]."""
    n, m = candidate.shape[1], baseline.shape[1]
    wins = np.array([int((x[:, None] > y).sum()) for x, y in zip(candidate, baseline, strict=True)])
    ways = assignments((1,) * (n + m), n)[::2]
    at_most, at_least = np.cumsum(ways), np.cumsum(ways[::-1])[::-1]
    return at_least[wins] / at_least[0], at_most[wins] / at_most[-1]


def snapped(x: Floats, y: Floats, shift: float = 0.0) -> Pair:
    """x - shift and y, in which values that only rounding tells apart are one value: x - (x - y) ties with y.

    A value is known to 1e-12 of itself, and x - shift to 1e-12 of the larger of x and shift. Neighbours in order tie
    where their difference is no more than the less exact of the two is known to; what a third seed reads is no matter.
    """
    both = np.concatenate([x - shift, y])
    known = ROUNDING * np.concatenate([np.maximum(np.abs(x), abs(shift)), np.abs(y)])
    known[~np.isfinite(both)] = 0.0
    order = np.argsort(both, kind="stable")
    ordered, slack = both[order], known[order]
    with np.errstate(invalid="ignore"):  # between two infinities: they are equal as they are
        apart = ordered[1:] - ordered[:-1] > np.maximum(slack[1:], slack[:-1])
    first = np.maximum.accumulate(np.where(np.concatenate([[True], apart]), np.arange(len(both)), 0))
    out = np.empty_like(both)
    out[order] = ordered[first]
    return out[: len(x)], out[len(x) :]


def pairs(strata: Sequence[tuple[ArrayLike, ArrayLike]]) -> list[Pair]:
    """Both groups of each stratum as float64. Raises ValueError for NaN or an empty group."""
    out = [(np.asarray(x, dtype=np.float64).ravel(), np.asarray(y, dtype=np.float64).ravel()) for x, y in strata]
    if not out or any(not len(x) or not len(y) for x, y in out):
        raise ValueError("a comparison needs at least one value in each group of each stratum")
    if any(np.isnan(x).any() or np.isnan(y).any() for x, y in out):
        raise ValueError("NaN has no rank; orient the values first, which makes a dead seed the worst")
    return out
