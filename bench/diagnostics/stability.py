"""The stability panel: one row a method, how its seeds ended and how steadily they got there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bench.stats.medians import estimate
from bench.stats.rates import wilson

QUALITY = "quality"
REACHED = 0.7  # of quality, for the time to it
FAILURES = ("diverged", "collapsed", "mode-dropping", "unlearned")
UNSTABLE = FAILURES[:3]  # unlearned at a short budget is no instability
SOUND, UNJUDGED = ("ok", "done"), "unjudged"
CELL = ["dataset", "method"]


def stability(frame: pd.DataFrame) -> pd.DataFrame:
    """One row for each data set and method of `bench.load(...)`, in the frame's order.

    seeds; ok, unjudged (alive, and quality is not known) and each kind of failure (counts); failure_rate,
    instability_rate (diverged, collapsed, mode-dropping) with Wilson's 95 % intervals (…_low, …_high), NaN where a seed is
    unjudged; quality: the median over seeds of the last q, with its order-statistic
    interval (quality_low, quality_high; a seed without a number ranks worst); quality_iqr: spread of the last q over seeds,
    a diverged seed at q = 0; drawdown and drawdown_worst: best q - last q, median and worst seed; quality_oscillation:
    standard deviation of q over the second half of the evaluations, median over seeds; reach: the share of seeds that
    get to q >= .7; steps_to and seconds_to: the median over seeds of when (a seed that never does is later than all:
    infinite). NaN where quality is not measured. q is 1 for real data and 0 for its first two moments (references.py).
    """
    rows = [_row(str(d), str(m), group) for (d, m), group in frame.groupby(CELL, sort=False)]
    return pd.DataFrame(rows)


def _row(dataset: str, method: str, group: pd.DataFrame) -> dict[str, Any]:
    ended = group.groupby("seed")["outcome"].last()
    n = len(ended)
    counts = {kind: int((ended == kind).sum()) for kind in FAILURES}
    sound, unjudged = int(ended.isin(SOUND).sum()), int((ended == UNJUDGED).sum())
    unstable = sum(counts[kind] for kind in UNSTABLE)
    found: dict[str, Any] = {"dataset": dataset, "method": method, "seeds": n, "ok": sound, UNJUDGED: unjudged} | counts
    for name, k in (("failure_rate", n - sound), ("instability_rate", unstable)):
        interval, rate = wilson(k, n), k / n
        three = (np.nan,) * 3 if unjudged else (rate, interval.low, interval.high)
        found |= dict(zip((name, f"{name}_low", f"{name}_high"), three, strict=True))
    curves = group[group["name"] == QUALITY].pivot_table(index="seed", columns="step", values="value", dropna=False)
    if curves.empty:
        return found
    curves = curves.reindex(ended.index)
    q, steps = curves.to_numpy(np.float64), curves.columns.to_numpy(np.float64)
    diverged = (ended == "diverged").to_numpy()
    last = np.where(diverged, np.nan, q[:, -1])
    middle = estimate(last, higher_is_better=True)
    low, high = np.percentile(np.where(np.isfinite(last), last, 0.0), [25, 75])
    best = np.nanmax(np.where(np.isfinite(q), q, -np.inf), axis=1)
    fell = best - np.where(np.isfinite(last), last, 0.0)
    late = q[:, len(steps) // 2 :]
    swings = np.where(np.isfinite(late).all(1), late.std(1), np.nan) if late.shape[1] > 1 else np.full(n, np.nan)
    arrived = np.where((q >= REACHED).any(1) & ~diverged, steps[(q >= REACHED).argmax(1)], np.inf)
    return found | {
        "quality": middle.median,
        "quality_low": middle.low,
        "quality_high": middle.high,
        "quality_iqr": float(high - low),
        "drawdown": float(np.median(fell)),
        "drawdown_worst": float(fell.max()),
        "quality_oscillation": float(np.nanmedian(swings)) if np.isfinite(swings).any() else np.nan,
        "reach": float(np.isfinite(arrived).mean()),
        "steps_to": float(np.median(arrived)),
        "seconds_to": float(np.median(arrived * _pace(group, ended.index))),
    }


def _pace(group: pd.DataFrame, seeds: pd.Index) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Seconds of training a step and seed, NaN where nothing says."""
    cost = group[group["name"] == "training_s"].drop_duplicates("seed").set_index("seed")
    pace = (cost["value"] / cost["step"]).reindex(seeds)
    return pace.to_numpy(np.float64)
