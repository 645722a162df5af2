"""Collapse and divergence: what was reached and lost, and when a seed stopped having numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bench.diagnostics.series import living, series


def collapse(values: ArrayLike, steps: ArrayLike, higher_is_better: bool, evaluations: int = 2) -> int | None:
    """Step at which a score that had been reached was lost for good; None where it was not.

    Lost: higher is better (coverage): below half of the running best; lower is better (a distance): above twice the
    running best; and so at every evaluation from the onset to the last finite one, at least `evaluations` of them. A
    gap counts as lost. A running best of zero or less has no half and no double: nothing is lost against it.
    Divergence is not collapse: see `divergence`.
    """
    v, s = living(values, steps)
    if not len(v):
        return None
    best = np.fmax.accumulate(v) if higher_is_better else np.fmin.accumulate(v)
    kept = v >= best / 2 if higher_is_better else v <= best * 2
    lost = ~kept & (best > 0)
    (held,) = np.nonzero(~lost)
    onset = int(held[-1]) + 1 if len(held) else 0
    return int(s[onset]) if len(v) - onset >= evaluations else None


def divergence(values: ArrayLike, steps: ArrayLike) -> int | None:
    """Step of the first value that is not finite once the series has begun; None where there is none.

    Values that are not finite before the first finite one have not begun (a loss before its player's first move),
    unless there is no finite one at all: then the seed had diverged by the first step on record.
    """
    v, s = series(values, steps)
    (sound,) = np.nonzero(np.isfinite(v))
    begin = int(sound[0]) if len(sound) else 0
    (broken,) = np.nonzero(~np.isfinite(v[begin:]))
    return int(s[begin + broken[0]]) if len(broken) else None
