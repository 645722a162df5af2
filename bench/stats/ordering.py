"""Critical differences: which methods differ over many data sets. The unit is the data set, never the seed."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from bench.plugins.lazily import lazily
from bench.stats.measure import Floats

if TYPE_CHECKING:
    import pandas as pd
    from scipy import stats
else:
    pd = lazily("pandas")
    stats = lazily("scipy.stats")


@dataclass(frozen=True)
class CriticalDifference:
    """What a critical-difference diagram draws."""

    ranks: dict[str, float]  # method -> mean rank over data sets, 1 = best; sorted
    difference: float  # mean ranks nearer than this are not told apart
    p: float  # Friedman's test: do the methods differ at all
    groups: tuple[tuple[str, ...], ...]  # maximal runs of methods that are not told apart


def critical_difference(table: pd.DataFrame, alpha: float = 0.05) -> CriticalDifference:
    """Friedman's test and Nemenyi's critical difference; table [data sets, methods], larger better.

    The p-value is corrected for ties. CD = q_alpha / √2 · √(k (k + 1) / (6 N)), q the studentised range of k means
    with infinite degrees of freedom. A cell holds one number of a data set (say the median over seeds): rows that
    repeat a data set are pseudo-replication and raise ValueError, as do fewer than three methods or two data sets,
    and NaN. Source: Demšar 2006 (Friedman test and what follows it).
    """
    n, k = table.shape
    if table.index.has_duplicates:
        raise ValueError("each data set may stand in one row only: seeds of one data set are no independent data sets")
    if n < 2 or k < 3:
        raise ValueError(f"critical differences need two data sets and three methods, not {n} and {k}")
    values = table.to_numpy(dtype=np.float64)
    if np.isnan(values).any():
        raise ValueError("every method needs a number on every data set; a dead one is -inf")
    ranks: Floats = stats.rankdata(-values, axis=1)
    mean = ranks.mean(axis=0)
    same = bool((ranks == ranks[:, :1]).all())
    p = 1.0 if same else float(stats.friedmanchisquare(*ranks.T).pvalue)
    cd = float(stats.studentized_range.ppf(1 - alpha, k, np.inf)) / sqrt(2) * sqrt(k * (k + 1) / (6 * n))
    order = np.argsort(mean, kind="stable")
    names = [str(table.columns[i]) for i in order]
    return CriticalDifference(
        dict(zip(names, mean[order].tolist(), strict=True)), cd, p, _groups(names, mean[order], cd)
    )


def _groups(names: list[str], mean: Floats, cd: float) -> tuple[tuple[str, ...], ...]:
    ends = [int(np.searchsorted(mean, m + cd, side="right")) for m in mean]
    runs = [(i, e) for i, e in enumerate(ends) if e - i > 1 and (i == 0 or ends[i - 1] < e)]
    return tuple(tuple(names[i:e]) for i, e in runs)
