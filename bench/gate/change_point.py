"""When a series of numbers changed its level: the likeliest single place, and how likely chance makes one as clear."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import comb, factorial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.plugins.lazily import lazily
from bench.stats import Measure
from bench.stats.measure import Floats

if TYPE_CHECKING:
    from scipy import stats
else:
    stats = lazily("scipy.stats")


LEAST = 3  # nights on either side of a change
ALL_ORDERS = 16  # up to so many nights, p counts every order of them; beyond, drawn ones
ENOUGH = 50  # drawn orders as clear as the one at hand: it is hopeless, and no more are drawn
FIRST, LARGEST = 256, 1 << 14  # orders drawn at once
ROUNDING = 1e-9
KEY = 1979  # of the draw of orders: equal numbers, equal p


@dataclass(frozen=True)
class Change:
    """When a series changed: the first night of the new level, and the interval of nights that it may have been."""

    at: int  # index of the first night after the change
    first: int  # of the interval for it, inclusive
    last: int
    before: float  # medians of the nightly numbers
    after: float
    better: bool
    p: float  # of "no change anywhere"


def change(values: Floats, measure: Measure, permutations: int = 9999) -> Change | None:
    """The likeliest single change of level among T nights; None where there are too few nights to tell, or all are equal.

    With ranks R_1 … R_T of the numbers, U_t = Σ_{i<=t} R_i - t (T + 1)/2 is centred, and
    K = max_t |U_t| / sqrt(t (T - t) (T + 1)/12), at least three nights on either side. Under no change all orders of the
    nights are alike: p is the share of orders whose K is as large (`p_value`).
    The interval holds the places whose split is not significantly worse than the best: those t with U_t²-statistic
    within the 95 % quantile of χ²_1 (3.84), an approximation. Source: Pettitt 1979; Siegmund 1988 for the interval.
    """
    t = len(values)
    if t < 2 * LEAST:
        return None
    one_sided = replace(measure, target=None)  # a change is one on whichever side of the target it is
    ranks = np.asarray(stats.rankdata(one_sided.orient(values)), dtype=np.float64)
    if len(np.unique(ranks)) < 2:
        return None
    curve = _curve(ranks[None])[0]
    largest = curve.max()
    at = int(curve.argmax()) + LEAST
    near = np.flatnonzero(curve**2 >= largest**2 - 3.84) + LEAST
    first, last = at, at
    while first - 1 in near:
        first -= 1
    while last + 1 in near:
        last += 1
    before, after = (_median(part, one_sided) for part in (values[:at], values[at:]))
    if measure.target is None:
        better = bool(ranks[at:].mean() > ranks[:at].mean())
    else:
        better = bool(measure.orient(after) > measure.orient(before))
    return Change(at, first, last, before, after, better, p_value(ranks, float(largest), permutations))


def p_value(ranks: Floats, largest: float, permutations: int) -> float:
    """The share of orders of the ranks [T] whose K is at least `largest`.

    Up to 16 nights every order counts. Beyond, orders are drawn until 50 are as clear (then p = 50 / drawn) or
    `permutations` are drawn, and g of them were (p = (g + 1) / (permutations + 1)): both hold their level exactly, and a
    hopeless series ends soon. Source: Besag and Clifford 1991. The draw is keyed by the number of nights alone: equal
    numbers have an equal p, whatever other series there are.
    """
    ordered = np.sort(ranks)
    if len(ranks) <= ALL_ORDERS:
        return _share_of_all_orders(ordered, largest)
    drawn, hits, batch = 0, 0, 0
    while drawn < permutations:
        reached = _largest(ordered.tobytes(), batch)[: permutations - drawn] >= largest - ROUNDING
        if hits + reached.sum() >= ENOUGH:
            return float(ENOUGH / (drawn + 1 + np.flatnonzero(reached)[ENOUGH - hits - 1]))
        drawn, hits, batch = drawn + len(reached), hits + int(reached.sum()), batch + 1
    return (hits + 1) / (permutations + 1)


def smallest_p(nights: int) -> float:
    """No p of so many nights is smaller: of all orders, only those that part the lower from the upper half, both ways.

    2 / C(2h, h) with h = ⌊T/2⌋, where no two nights tie.
    """
    half = nights // 2
    return 2 / comb(2 * half, half) if half >= LEAST else 1.0


def nights_needed(level: float) -> int:
    """The fewest nights of which a p can be as small as `level`."""
    nights = 2 * LEAST
    while smallest_p(nights) > level:
        nights += 2
    return nights


def _curve(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """[R, T] ranks -> standardised splits [R, T - 2·LEAST + 1], the first after LEAST nights."""
    t = ranks.shape[1]
    sizes = np.arange(1, t)
    centred = np.cumsum(ranks - (t + 1) / 2, axis=1)[:, :-1]
    scaled = np.abs(centred, out=centred)
    scaled /= np.sqrt(sizes * (t - sizes) * (t + 1) / 12)
    return np.asarray(scaled[:, LEAST - 1 : t - LEAST], dtype=np.float64)


@lru_cache(maxsize=256)
def _largest(ordered: bytes, batch: int) -> Floats:
    """K of a batch of drawn orders of these ranks; series whose nights tie alike share it."""
    ranks = np.frombuffer(ordered)
    return np.asarray(_curve(ranks[_orders(len(ranks), batch)]).max(axis=1), dtype=np.float64)


@lru_cache(maxsize=16)
def _orders(t: int, batch: int) -> NDArray[np.int16]:
    """A batch of drawn orders of t nights [R, t], the same at every call; batches grow."""
    rng = np.random.default_rng((KEY, t, batch))
    return rng.permuted(np.tile(np.arange(t, dtype=np.int16), (min(FIRST << batch, LARGEST), 1)), axis=1)


def _share_of_all_orders(ordered: Floats, largest: float) -> float:
    """1 - (orders whose every split stays below `largest`) / T!, in whole numbers.

    A split's height depends on which ranks came before it, not on their order. So the orders of a subset that stay
    below are those of the subsets with one rank less, summed, or none where the subset itself is not below.
    """
    t = len(ordered)
    sums = np.zeros(1)
    for rank in ordered - (t + 1) / 2:
        sums = np.concatenate([sums, sums + rank])
    below = np.zeros(1 << t)
    below[0] = 1
    for size, (subsets, smaller) in enumerate(_subsets(t), start=1):
        paths = below[smaller].sum(axis=1)
        if LEAST <= size <= t - LEAST:
            heights = np.abs(sums[subsets]) / np.sqrt(size * (t - size) * (t + 1) / 12)
            paths = np.where(heights >= largest - ROUNDING, 0, paths)
        below[subsets] = paths
    return float((factorial(t) - below[-1]) / factorial(t))


@lru_cache(maxsize=4)
def _subsets(t: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """For every size 1 … t: its subsets of t things as bits [C], and each one's subsets with one thing less [C, size]."""
    every = np.arange(1 << t)
    bits = 1 << np.arange(t)
    sizes = sum((every >> k) & 1 for k in range(t))
    found = []
    for size in range(1, t + 1):
        subsets = every[sizes == size]
        held = (subsets[:, None] & bits) > 0
        found.append((subsets, (subsets[:, None] ^ bits)[held].reshape(len(subsets), size)))
    return found


def _median(values: Floats, measure: Measure) -> float:
    """The middle night, dead ones ranked worst: NaN where it is dead."""
    ordered = values[np.argsort(measure.orient(values), kind="stable")]
    return float(ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2
