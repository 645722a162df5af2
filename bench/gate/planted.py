"""Changes for the worse that are planted in seeds, to measure how often they are found.

A change is made to every line of a cell, with the same random numbers: the seeds that it hits are the same in all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from bench.gate.baseline import BaselineValues
from bench.stats import robust_sd
from bench.stats.measure import Floats

FAR = 10.0  # standard deviations to where a seed collapses
Change: TypeAlias = Callable[[BaselineValues, Floats, np.random.Generator], Floats]  # values of a candidate [n] -> [n]


def shifted(sds: float, pool: BaselineValues, values: Floats, rng: np.random.Generator) -> Floats:
    """Worse by so many standard deviations of the pool, on its oriented scale."""
    if pool.outcomes:
        return values
    oriented = _living(pool)
    down = sds * (robust_sd(oriented) if len(oriented) > 1 else 0.0)
    return _back(pool, pool.measure.orient(values) - down)


def dying(share: float, pool: BaselineValues, values: Floats, rng: np.random.Generator) -> Floats:
    """Each seed dies with a probability, beside those that died anyway."""
    return np.where(rng.random(len(values)) < share, np.nan, values)


def collapsing(share: float, pool: BaselineValues, values: Floats, rng: np.random.Generator) -> Floats:
    """Each seed collapses with a probability: it fails alive, and ends at the witness (`BaselineValues.null`), or ten
    standard deviations below the median where that is not known."""
    hit = (rng.random(len(values)) < share) & ~np.isnan(values)
    if pool.outcomes:
        return np.where(hit, 1.0, values)
    oriented = _living(pool)
    if not len(oriented):
        return values
    low = float(np.median(oriented)) - FAR * max(robust_sd(oriented) if len(oriented) > 1 else 0.0, 1e-9)
    if not np.isnan(pool.null) and (pool.measure.scale == "linear" or pool.null > 0):
        low = float(pool.measure.orient(pool.null))
    return np.where(hit, _back(pool, np.array([low]))[0], values)


def scattered(factor: float, pool: BaselineValues, values: Floats, rng: np.random.Generator) -> Floats:
    """So many times as far from the pool's median, on its oriented scale."""
    oriented = _living(pool)
    if pool.outcomes or not len(oriented):
        return values
    middle = float(np.median(oriented))
    return _back(pool, middle + factor * (pool.measure.orient(values) - middle))


CHANGES: dict[str, Change] = {
    **{f"{sds:g} SD": partial(shifted, sds) for sds in (1.0, 2.0, 3.0)},
    **{f"{share:.0%} dying": partial(dying, share) for share in (0.2, 0.3)},
    **{f"{share:.0%} collapsing": partial(collapsing, share) for share in (0.2, 0.3)},
    "3 times the scatter": partial(scattered, 3.0),
}


def _living(pool: BaselineValues) -> Floats:
    oriented = pool.measure.orient(pool.array)
    return oriented[np.isfinite(oriented)]


def _back(pool: BaselineValues, oriented: Floats) -> Floats:
    """From the oriented scale to the metric's own; -∞ is a dead seed."""
    turned = oriented if pool.measure.higher_is_better else -oriented
    values = np.exp(turned) if pool.measure.scale == "log" else turned
    return np.where(np.isneginf(oriented), np.nan, values)
