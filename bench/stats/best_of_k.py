"""What tuning with k trials would have found, told from n trials: the best of k of them, drawn without replacement.

The best of k draws is the i-th smallest of n values with probability C(i-1, k-1) / C(n, k) (ties broken in any order), so
that its mean and quantiles need no simulation. Sources: Dodge et al. 2019, Show Your Work, eq. 2 (with replacement there); Kumar et
al. 2015; David & Nagaraja 2003, Order Statistics.
"""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def best_of_k(values: ArrayLike, failed: float = -np.inf) -> Floats:
    """The expected best of k = 1 … n of some values [n], larger is better -> [n].

    E[max of k] = sum over i of C(i-1, k-1) / C(n, k) x_(i). A trial that failed, -inf or not a number, counts as `failed`: by
    default -inf, and then the expectation is -inf for every k that failures alone can fill. A finite stand-in, such as
    the worst value that any trial reached, gives a finite curve, which is an upper bound for what failures cost.
    Raises ValueError for no value.
    """
    ranked = _ranked(values, failed)
    weights = _weights(len(ranked))
    finite = np.where(np.isfinite(ranked), ranked, 0.0)
    lost = (weights[:, ~np.isfinite(ranked)] > 0).any(axis=1)
    return np.where(lost, -np.inf, weights @ finite)


def best_of_k_quantile(values: ArrayLike, share: float) -> Floats:
    """The quantile of the best of k = 1 … n -> [n]: the smallest value that it does not exceed with this probability.

    P(max of k <= x_(i)) = C(i, k) / C(n, k). Failed trials are -inf, the least value there is, so that a quantile is -inf
    where at least that share of all choices of k trials holds failures alone. Raises ValueError for no value.
    """
    if not 0 < share <= 1:
        raise ValueError(f"a share is more than 0 and at most 1, not {share}")
    ranked = _ranked(values, -np.inf)
    reached = np.cumsum(_weights(len(ranked)), axis=1)
    places = np.argmax(reached >= min(share, 1.0) - 1e-12, axis=1)
    found: Floats = ranked[places]
    return found


def _ranked(values: ArrayLike, failed: float) -> Floats:
    found = np.asarray(values, dtype=np.float64).ravel()
    if not len(found):
        raise ValueError("the best of no trials is not known: give at least one value")
    return np.sort(np.where(np.isnan(found) | np.isneginf(found), failed, found))


def _weights(n: int) -> Floats:
    """[k, i]: the probability that the i-th smallest of n is the best of k, both counted from 1; exact integers divided once."""
    return np.array([[comb(i - 1, k - 1) / comb(n, k) for i in range(1, n + 1)] for k in range(1, n + 1)])
