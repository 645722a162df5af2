"""Many tests at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bench.plugins.lazily import lazily
from bench.stats.measure import Floats

if TYPE_CHECKING:
    from scipy import stats
else:
    stats = lazily("scipy.stats")


def holm(p: ArrayLike, tests: int | None = None) -> Floats:
    """Adjusted p [K]: rejecting those <= alpha keeps P(any false rejection) <= alpha under any dependence.

    adjusted_(i) = max_{j <= i} min(1, (K - j + 1) p_(j)). `tests`: the family's size where it is larger than K;
    those not given count as p = 1. Source: Holm 1979.
    """
    p = np.asarray(p, dtype=np.float64)
    if np.isnan(p).any() or (p < 0).any() or (p > 1).any():
        raise ValueError("Holm's correction needs p-values between 0 and 1")
    family = len(p) if tests is None else tests
    if family < len(p):
        raise ValueError(f"a family of {family} tests cannot hold {len(p)} p-values")
    order = np.argsort(p, kind="stable")
    factors = family - np.arange(len(p))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * p[order]))
    return adjusted


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """q-values [K], for numbers that are shown and decide nothing. Source: Benjamini and Hochberg 1995; scipy's routine."""
    p = np.asarray(p, dtype=np.float64)
    return np.asarray(stats.false_discovery_control(p), dtype=np.float64) if len(p) else p
