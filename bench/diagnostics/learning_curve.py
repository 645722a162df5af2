"""What a curve says beside its last value: its best, its area, time to quality, the price of a wrong learning rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bench.diagnostics.series import badness, dead, living, series


def best(values: ArrayLike, higher_is_better: bool) -> float:
    """The best finite value; NaN where there is none."""
    v = np.asarray(values, dtype=np.float64)
    v = v[np.isfinite(v)]
    if not len(v):
        return float("nan")
    return float(v.max() if higher_is_better else v.min())


def best_to_last(values: ArrayLike, steps: ArrayLike, higher_is_better: bool) -> float:
    """What reporting the best checkpoint hides: best / last (higher is better) or last / best (lower is better), >= 1.

    1: nothing is hidden. Infinite where everything was lost. NaN where the seed has diverged or the score takes negative
    values, of which there is no ratio.
    """
    v, _ = series(values, steps)
    if dead(v):
        return float("nan")
    top, last = best(v, higher_is_better), float(v[-1])
    if top == last:
        return 1.0
    over, under = (top, last) if higher_is_better else (last, top)
    if min(over, under) < 0:
        return float("nan")
    return over / under if under > 0 else float("inf")


def time_to(values: ArrayLike, steps: ArrayLike, quality: float, higher_is_better: bool) -> int | None:
    """First step at which the quality is met; None where it never was."""
    v, s = series(values, steps)
    (met,) = np.nonzero(v >= quality if higher_is_better else v <= quality)
    return int(s[met[0]]) if len(met) else None


def area_under_curve(values: ArrayLike, steps: ArrayLike) -> float:
    """∫ value d(step) / span by trapezoids: the mean over training, in the score's units.

    One evaluation: that value. A diverged seed, or a gap: NaN. Values before the first finite one are not counted.
    """
    if dead(values):
        return float("nan")
    v, s = living(values, steps)
    if len(v) == 1:
        return float(v[0])
    return float(np.trapezoid(v, s) / (s[-1] - s[0]))


@dataclass(frozen=True)
class Sensitivity:
    """What `sensitivity` finds over a grid of learning rates."""

    regret: float  # in the score's units, >= 0: what a learning rate taken blindly from the grid costs
    works: float  # share of the grid that works


def sensitivity(scores: ArrayLike, cap: float, higher_is_better: bool, halfway: float = 0.5) -> Sensitivity:
    """Sensitivity to the learning rate: E over the grid of min(score, cap) - best, in the bad direction.

    scores [L], one for each learning rate of the grid (spaced evenly in its logarithm), not finite where training diverged;
    `cap` is the score of an untrained model: worse ones, and diverged ones, count as the cap. A learning rate works
    where it covers at least `halfway` of the way from the cap to the best. Nothing better than the cap: regret 0,
    none works. Source: Wortsman et al. 2024 ("Small-scale proxies"), section 2.2.
    """
    v = badness(np.asarray(scores, dtype=np.float64), higher_is_better)
    worst = -cap if higher_is_better else cap
    if v.ndim != 1 or not len(v) or not np.isfinite(worst):
        raise ValueError("sensitivity needs a score for each learning rate [L] and a finite cap")
    capped = np.minimum(np.where(np.isfinite(v), v, worst), worst)
    top = float(capped.min())
    if top == worst:
        return Sensitivity(0.0, 0.0)
    works = worst - capped >= halfway * (worst - top)
    return Sensitivity(float(np.mean(capped - top)), float(np.mean(works)))
