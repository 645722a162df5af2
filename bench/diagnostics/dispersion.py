"""Dispersion and risk of learning curves, in time and across seeds (Chan et al. 2020), positive = bad."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from bench.diagnostics.series import Floats, badness, living, worst_mean
from bench.plugins.lazily import lazily

if TYPE_CHECKING:
    from scipy import stats
else:
    stats = lazily("scipy.stats")


def dispersion_in_time(values: ArrayLike, steps: ArrayLike, window: int = 10) -> float:
    """Mean IQR of the increments in a sliding window of `window` increments, over the curve's 5-to-95 % range.

    Differencing removes the trend. Fewer increments than the window: one window of all; no range (a constant): 0.
    Fewer than three finite values, or a gap: NaN. Source: Chan et al. 2020 (reliability of RL algorithms).
    """
    v, _ = living(values, steps)
    if len(v) < 3 or not np.isfinite(v).all():
        return float("nan")
    steps_apart = np.diff(v)
    windows = sliding_window_view(steps_apart, min(window, len(steps_apart)))
    spread = float(np.mean(stats.iqr(windows, axis=1)))
    low, high = np.percentile(v, [5, 95])
    if high == low:
        return 0.0 if spread == 0 else float("inf")
    return spread / float(high - low)


def short_term_risk(values: ArrayLike, steps: ArrayLike, higher_is_better: bool, share: float = 0.05) -> float:
    """Mean of the worst `share` of the increments, in the score's units; positive = bad.

    CVaR of Δbad, bad = -value where higher is better. Fewer than two finite values: NaN. Source: Chan et al. 2020.
    """
    v, _ = living(values, steps)
    return worst_mean(np.diff(badness(v, higher_is_better)), share)


def long_term_risk(values: ArrayLike, steps: ArrayLike, higher_is_better: bool, share: float = 0.05) -> float:
    """Mean of the largest `share` of the drawdowns (distance from the running best), in the score's units, >= 0.

    drawdown_t = bad_t - min_{u <= t} bad_u. No finite value: NaN. Source: Chan et al. 2020.
    """
    return worst_mean(drawdowns(living(values, steps)[0], higher_is_better), share)


def drawdowns(values: ArrayLike, higher_is_better: bool) -> Floats:
    """Distance from the running best, [T] -> [T], >= 0. A gap makes all that follows NaN."""
    bad = badness(np.asarray(values, dtype=np.float64), higher_is_better)
    return bad - np.minimum.accumulate(bad)


def dispersion_across_seeds(values: ArrayLike) -> Floats:
    """IQR across seeds at each evaluation: values [S, T] -> [T].

    NaN where any seed has diverged: the spread of the others alone would look too good. Source: Chan et al. 2020.
    """
    v = _seeds(values)
    low, high = np.percentile(v, [25, 75], axis=0)
    return np.where(np.isfinite(v).all(axis=0), high - low, np.nan)


def risk_across_seeds(values: ArrayLike, higher_is_better: bool, share: float = 0.05) -> Floats:
    """Mean of the worst `share` of the seeds at each evaluation: values [S, T] -> [T], in the score's own direction.

    A diverged seed is infinitely bad, so the mean over a tail that holds one is infinite. Source: Chan et al. 2020.
    """
    v = badness(_seeds(values), higher_is_better)
    v = np.where(np.isfinite(v), v, np.inf)
    return badness(np.array([worst_mean(column, share) for column in v.T]), higher_is_better)


def _seeds(values: ArrayLike) -> Floats:
    v = np.asarray(values, dtype=np.float64)
    if v.ndim != 2 or not len(v):
        raise ValueError(f"curves across seeds are values [S, T], not {list(v.shape)}")
    return v
