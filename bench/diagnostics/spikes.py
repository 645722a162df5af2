"""Spikes: values far outside what the series did just before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bench.diagnostics.series import living
from bench.plugins.lazily import lazily

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

FEWEST_BEFORE = 32  # values a mean and a deviation are taken from; with fewer, 7 sd would be met by chance


def spikes(values: ArrayLike, steps: ArrayLike, window: int = 1000, sds: float = 7.0) -> float:
    """Share of the values that lie `sds` standard deviations or more from the mean of the `window` values before them.

    The value itself is not part of its window. Only values with at least 32 before them are tested; with none: NaN.
    After a constant stretch any change is a spike. Source: OLMo et al. 2025 ("2 OLMo 2 Furious"), the spike score.
    """
    v, _ = living(values, steps)
    if len(v) <= FEWEST_BEFORE or not np.isfinite(v).all():
        return float("nan")
    centred = pd.Series(v - np.median(v))
    before = centred.rolling(window, min_periods=FEWEST_BEFORE)
    mean, deviation = before.mean().shift(1), before.std().shift(1)
    away = (centred - mean).abs()
    rounding = 1e-9 * float(centred.abs().max())
    spike = (away >= sds * deviation) & (away > rounding)
    return float(spike[FEWEST_BEFORE:].mean())
