"""How large is the difference: the Hodges-Lehmann shift, with the interval that the rank test itself implies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bench.plugins.lazily import lazily
from bench.stats.measure import Floats
from bench.stats.ranks import Pair, rank_test

if TYPE_CHECKING:
    from scipy import special
else:
    special = lazily("scipy.special")


GUESSES = 8  # that may fail before the search falls back to halving


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
    gaps = _gaps(arrays)
    if not len(gaps):
        return Shift(float("nan"), float("-inf"), float("inf"))
    return Shift(_median(gaps), _low(arrays, alpha), 0.0 - _low([(y, x) for x, y in arrays], alpha))


def _gaps(strata: Sequence[Pair]) -> Floats:
    """All differences x_i - y_j within strata, in order; without those of two dead seeds."""
    with np.errstate(invalid="ignore"):
        gaps = np.concatenate([(x[:, None] - y).ravel() for x, y in strata])
    return np.sort(gaps[~np.isnan(gaps)])


def _low(strata: Sequence[Pair], alpha: float) -> float:
    """Where the shifts begin that the test of "greater" keeps (p > alpha): at a difference, -∞ or (nowhere) ∞.

    U is constant between two neighbouring differences, and p never falls as the shift grows: at a difference, where
    pairs tie, it lies between those on either side (U and each U* of its null are the means of theirs there, and the
    two U* of an assignment differ by no more than the two U do). So only spots between differences are asked. They
    are searched by regula falsi in z = Φ^-1(1 - p), which is all but linear in U; where that fails, by halving.
    """
    gaps = _gaps(strata)
    steps = np.unique(gaps[np.isfinite(gaps)])
    spots, wins = _between(steps), _above(gaps, steps)
    deviation = sqrt(sum(len(x) * len(y) * (len(x) + len(y) + 1) for x, y in strata) / 12)
    wanted = len(gaps) / 2 - deviation * float(special.ndtri(alpha))
    rejected, kept, guesses = -1, len(spots), 0
    while kept - rejected > 1:
        at = int(np.searchsorted(-wins, -wanted)) if guesses < GUESSES else (rejected + kept) // 2
        at, guesses = min(max(at, rejected + 1), kept - 1), guesses + 1
        p = rank_test(strata, float(spots[at])).greater
        rejected, kept = (rejected, at) if p > alpha else (at, kept)
        wanted = float(wins[at]) + deviation * (float(special.ndtri(p)) - float(special.ndtri(alpha)))
    return float(np.concatenate([[-np.inf], steps, [np.inf]])[kept])


def _between(steps: Floats) -> Floats:
    """A spot below all differences, one between each two neighbours, one above all."""
    if not len(steps):
        return np.zeros(1)
    reach = max(1.0, float(np.abs(steps).max()))
    edges = np.concatenate([[steps[0] - reach], steps, [steps[-1] + reach]])
    return np.asarray((edges[:-1] + edges[1:]) / 2, dtype=np.float64)


def _above(gaps: Floats, steps: Floats) -> Floats:
    """How many differences are larger than each spot [D + 1]."""
    lowest = np.searchsorted(gaps, -np.inf, side="right")
    return np.asarray(len(gaps) - np.append(lowest, np.searchsorted(gaps, steps, side="right")), dtype=np.float64)


def _median(ordered: Floats) -> float:
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return float(low if low == high else (low + high) / 2) if np.isfinite([low, high]).all() else _infinite(low, high)


def _infinite(low: float, high: float) -> float:
    """The middle of two values of which one is infinite; between -∞ and ∞ there is none."""
    return float("nan") if low == -high else float(low if np.isinf(low) else high)
