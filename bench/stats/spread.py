"""Do the seeds scatter more than before: a permutation test of deviations from the median.

Values [n] are on the scale on which scatter counts (logarithms for distances); NaN is a dead seed and is left out,
since deaths are asked about elsewhere. An infinite value has no deviation and raises ValueError.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.stats.measure import Floats
from bench.stats.ranks import choices, snapped

Signs: TypeAlias = NDArray[np.int8]  # [R, N]
PERMUTATIONS = 9999
KEY = 1974  # of the draw of permutations: equal input, equal p
ROUNDING = 1e-12  # shares that differ by less tie


@dataclass(frozen=True)
class SpreadTest:
    """What `spread_test` finds."""

    ratio: float  # candidate's over baseline's mean absolute deviation; ∞ over 0, NaN where both are 0
    more: float  # one-sided p that the candidate spreads more
    less: float  # one-sided p that it spreads less


def spread_test(candidate: ArrayLike, baseline: ArrayLike, permutations: int = PERMUTATIONS) -> SpreadTest:
    """Does the candidate [n] scatter more than the baseline [m], wherever either lies?

    D(v) = Σ |v_i - median v| / (n - 1): one deviation of a group is no news, being 0 (odd n) or its neighbour's equal
    (even n). ratio = D(x) / D(y), which is that of standard deviations where both groups have one shape. Brown and
    Forsythe's comparison, by permutation: the residuals v - median v of both groups are pooled and dealt out to groups
    of n and m, each of these is centred on its own median again, and p is the share of deals whose ratio is as far as
    the observed one. All deals where there are no more than `permutations` + 1; else that many, drawn under a fixed
    key, and the observed one counted among them.

    Centring again is what holds the level of .05. Deviations permuted as they are give .09 for 5 against 20, those of a
    small group being too small; ranks of deviations give .27 for 40 against 30 of min(.3, normal), where many tie.
    Exact it is not: .08 for 4 against 7 of a lognormal law, and groups of one D but different shapes (normal against
    t(3), 40 against 20) are told apart in .11.

    Two groups without scatter: both p are 1, the ratio NaN. One alone: its D is 0 and the test goes on. Values are
    compared to 12 digits of their own. Raises ValueError for an infinite value and for fewer than two living ones in a group.
    Source: Brown and Forsythe 1974; Hines and Hines 2000 (n - 1); Boos and Brownie 1989 (pooled residuals, resampled);
    Phipson and Smyth 2010 (the observed deal counts).
    """
    x, y = (_snapped(living(v)) for v in (candidate, baseline))
    residuals = np.concatenate([x - np.median(x), y - np.median(y)])
    mine, theirs, drawn = _deals(len(x), len(y), permutations)
    ordered = np.sort(residuals)
    shares = _share((mine @ ordered) / (len(x) - 1), (theirs @ ordered) / (len(y) - 1))
    own, other = deviation(x), deviation(y)
    observed = _share(np.array([own]), np.array([other]))[0]
    above, below = (shares >= observed - ROUNDING).sum(), (shares <= observed + ROUNDING).sum()
    more, less = (float((hits + drawn) / (len(shares) + drawn)) for hits in (above, below))
    with np.errstate(divide="ignore", invalid="ignore"):
        return SpreadTest(float(np.divide(own, other)), more, less)


def smallest_spread_p(n: int, m: int, permutations: int = PERMUTATIONS) -> float:
    """No p of n against m is smaller: one over the number of deals."""
    return 1 / min(choices(n, m), permutations + 1)


def deviation(values: ArrayLike) -> float:
    """D = Σ |v_i - median v| / (n - 1) of the living values, in their units; √(π/2) D estimates a normal law's σ."""
    v = living(values)
    return float(np.abs(v - np.median(v)).sum() / (len(v) - 1))


def living(values: ArrayLike) -> Floats:
    """The values without the dead (NaN)."""
    v = np.asarray(values, dtype=np.float64).ravel()
    v = v[~np.isnan(v)]
    if np.isinf(v).any():
        raise ValueError("an infinite value has no deviation; a dead seed is NaN")
    if len(v) < 2:
        raise ValueError("a spread needs two living values or more in each group")
    return v


def _snapped(values: Floats) -> Floats:
    """A group in which what only rounding tells apart is one value; an outlier doesn't round the others away."""
    return snapped(values, values[:0])[0]


def _share(own: Floats, other: Floats) -> Floats:
    """D(x) / (D(x) + D(y)), which orders deals as D(x) / D(y) does, and is ½ where both are 0 but for rounding."""
    least = ROUNDING * max(own.max(), other.max())
    own, other = np.where(own > least, own, 0.0), np.where(other > least, other, 0.0)
    both = own + other
    return np.divide(own, both, out=np.full_like(both, 0.5), where=both > 0)


@lru_cache(maxsize=64)
def _deals(n: int, m: int, permutations: int) -> tuple[Signs, Signs, int]:
    """The deals as signs of the ordered residuals [R, n + m], and 1 where they are drawn, 0 where they are all.

    Σ |v_i - median| is the upper half's sum less the lower half's, so a deal's is its signs times the residuals: +1
    and -1 for the upper and lower half of its group, 0 for an odd group's median and for the other group.
    """
    if choices(n, m) <= permutations + 1:
        chosen = np.array(list(combinations(range(n + m), n)))
    else:
        chosen = np.random.default_rng((KEY, n, m)).random((permutations, n + m)).argsort(axis=1)[:, :n]
    mine = np.zeros((len(chosen), n + m), dtype=bool)
    np.put_along_axis(mine, chosen, True, axis=1)
    return _halves(mine, n), _halves(~mine, m), int(choices(n, m) > permutations + 1)


def _halves(group: NDArray[np.bool_], size: int) -> Signs:
    place = np.cumsum(group, axis=1)  # 1 … size
    return np.where(group, np.sign(2 * place - size - 1), 0).astype(np.int8)
