"""A series: values [T] at steps [T] of one seed. A tail of non-finite values means that the seed diverged there."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]


def series(values: ArrayLike, steps: ArrayLike) -> tuple[Floats, Floats]:
    """values [T] and steps [T] as float64. Raises ValueError where they don't match or the steps don't increase."""
    v, s = np.asarray(values, dtype=np.float64), np.asarray(steps, dtype=np.float64)
    if v.ndim != 1 or v.shape != s.shape:
        raise ValueError(f"a series is values [T] at steps [T], not {list(v.shape)} at {list(s.shape)}")
    if not np.all(np.diff(s) > 0):
        raise ValueError("the steps of a series increase; sort the rows and drop repeated steps")
    return v, s


def living(values: ArrayLike, steps: ArrayLike, burn_in: float = 0.0) -> tuple[Floats, Floats]:
    """The part of a series before its seed diverged: without the non-finite head (not begun) and tail (diverged).

    A gap inside stays, so that what is computed from it is not a number. `burn_in` is the share of the whole span of
    steps, the diverged tail included, that is left out at the beginning.
    """
    v, s = series(values, steps)
    (sound,) = np.nonzero(np.isfinite(v))
    if not len(sound):
        return v[:0], s[:0]
    begin, end = int(sound[0]), int(sound[-1]) + 1
    begin = max(begin, int(np.searchsorted(s, s[0] + burn_in * (s[-1] - s[0]))))
    return v[begin:end], s[begin:end]


def dead(values: ArrayLike) -> bool:
    """Whether the series ends in a value that is not finite; an empty one has no end and counts as dead."""
    v = np.asarray(values, dtype=np.float64)
    return not (len(v) and bool(np.isfinite(v[-1])))


def badness(values: Floats, higher_is_better: bool) -> Floats:
    """The values, turned so that larger is worse."""
    return -values if higher_is_better else values


def worst_mean(values: ArrayLike, share: float = 0.05) -> float:
    """Conditional value at risk: the mean of the largest `share` of the values; NaN of none.

    CVaR_a = 1/(a n) · (Σ of the ⌊a n⌋ largest + (a n - ⌊a n⌋) · the next), so that a share of one value or less is
    the maximum. Source: Rockafellar and Uryasev 2002, prop. 8 (upper tail).
    """
    v = np.sort(np.asarray(values, dtype=np.float64))[::-1]
    if not len(v) or np.isnan(v).any():
        return float("nan")
    mass = max(share * len(v), 1.0)
    whole = int(mass)
    part = mass - whole
    total = v[:whole].sum() + (part * v[whole] if part > 0 else 0.0)
    return float(total / mass)
