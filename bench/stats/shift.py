"""How large is the difference: the Hodges-Lehmann shift, with the interval that the rank test itself implies."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bench.stats.measure import Floats
from bench.stats.ranks import rank_test


@dataclass(frozen=True)
class Shift:
    """How much better the candidate is, on the oriented scale; infinite where deaths decide."""

    estimate: float
    low: float  # below it, the one-sided test rejects "not better by this much"
    high: float  # above it, the one-sided test rejects "better by this much"


def shift(strata: Sequence[tuple[ArrayLike, ArrayLike]], alpha: float = 0.05) -> Shift:
    """Hodges-Lehmann estimate and the interval of all shifts that no one-sided test at `alpha` rejects.

    The estimate is the median of the differences x_i - y_j within strata, where U(shift) is half of all pairs. `low`
    and `high` are found by inverting `rank_test`: margin < low ⇒ greater <= alpha; margin > high ⇒ less <= alpha.
    Each end has confidence 1 - alpha, the interval 1 - 2 alpha. Two dead seeds have no difference (they tie at every
    shift). NaN where all pairs do so. Source: Hodges and Lehmann 1963; Lehmann 1975 (Nonparametrics).
    """
    arrays = [(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)) for x, y in strata]
    with np.errstate(invalid="ignore"):
        gaps = np.concatenate([(x[:, None] - y).ravel() for x, y in arrays])
    gaps = np.sort(gaps[~np.isnan(gaps)])
    if not len(gaps):
        return Shift(float("nan"), float("-inf"), float("inf"))
    spots = _spots(np.unique(gaps[np.isfinite(gaps)]))
    from_here = bisect_left(range(len(spots)), True, key=lambda i: rank_test(arrays, spots[i]).greater > alpha)
    up_to = bisect_left(range(len(spots)), True, key=lambda i: rank_test(arrays, spots[i]).less <= alpha) - 1
    return Shift(_median(gaps), _low(spots, from_here), _high(spots, up_to))


def _spots(differences: Floats) -> list[float]:
    """Where U is looked at: below all differences, at the first, between it and the next, …, above all.

    Differences have odd indices. U is constant between two of them, so no other shift can tell more.
    """
    if not len(differences):
        return [0.0]
    reach = max(1.0, float(np.abs(differences).max()))
    edges = np.concatenate([[differences[0] - reach], differences, [differences[-1] + reach]])
    between = (edges[:-1] + edges[1:]) / 2
    return [float(x) for pair in zip(between, differences, strict=False) for x in pair] + [float(between[-1])]


def _low(spots: list[float], first: int) -> float:
    """Where the kept shifts begin: at a difference, just above one, or nowhere."""
    if first == len(spots):
        return float("inf")
    return float("-inf") if first == 0 else spots[first - 1 + first % 2]


def _high(spots: list[float], last: int) -> float:
    """Where the kept shifts end."""
    if last < 0:
        return float("-inf")
    return float("inf") if last == len(spots) - 1 else spots[last + 1 - last % 2]


def _median(ordered: Floats) -> float:
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return float(low if low == high else (low + high) / 2) if np.isfinite([low, high]).all() else _infinite(low, high)


def _infinite(low: float, high: float) -> float:
    """The middle of two values of which one is infinite; between -∞ and ∞ there is none."""
    return float("nan") if low == -high else float(low if np.isinf(low) else high)
