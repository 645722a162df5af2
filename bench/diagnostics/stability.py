"""The stability panel: one row a method, how its seeds ended and how steadily they got there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.diagnostics.oscillation import swing
from bench.diagnostics.seed_curves import Name, SeedCurve, checked, judged, seed_curves
from bench.plugins.lazily import lazily
from bench.stats.medians import estimate
from bench.stats.outcomes import FAILURES, OK, UNJUDGED, UNSTABLE, WITHOUT_NUMBER
from bench.stats.rates import wilson

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

LOSS = re.compile(r"^loss(?:es)?[/_.: ](.+)$")  # a loss's trace carries its player's name
RATES = {"failure": FAILURES, "instability": UNSTABLE} | {kind: (kind,) for kind in FAILURES}
NUMBERS = [
    "quality", "quality_low", "quality_high", "quality_iqr", "drawdown", "drawdown_worst", "quality_oscillation",
    "loss_oscillation", "reach", "steps_to", "gradients_to", "seconds_to",
]  # fmt: skip


def stability(frame: pd.DataFrame, swings: Mapping[Name, Mapping[int, float]] | None = None) -> pd.DataFrame:
    """One row for each suite, data set and method of `bench.load(...)`, in the frame's order.

    seeds; ok, unjudged (alive, and quality is not known) and each kind of failure (counts); failure_rate,
    instability_rate (diverged, collapsed, mode-dropping) and a rate for each kind, with Wilson's 95 % intervals (…_low,
    …_high), NaN where a seed is unjudged (divergence is known of every seed); quality: the median over seeds of the last
    q, with its order-statistic interval (quality_low, quality_high); quality_iqr: spread of the last q over seeds, a dead
    seed at q = 0; drawdown and drawdown_worst: best q - last q, median and worst seed; quality_oscillation: standard deviation
    of q over the second half of the evaluations; loss_oscillation: swing of the loss that swings most (oscillation.py),
    both medians over seeds; reach: the share of seeds that get to q >= .7; steps_to, gradients_to (gradients of the
    update rule, all players together), seconds_to: by when half of the seeds do, infinite where fewer ever do.

    A dead seed (diverged, or cut short) is the worst in each: NaN in quality, infinite in the others. NaN also stands
    where something was not measured, and in what is read from a curve of samples that were made elsewhere. q is 1 for real
    data and 0 for its first two moments. Raises ValueError, one line, for what is no such frame. `swings`:
    how far the loss of each seed swings, where the frame holds no traces.
    """
    swings = _loss_swings(checked(frame)) if swings is None else swings
    return pd.DataFrame(
        [_row(name, seeds, swings.get(name, {})) for name, seeds in seed_curves(frame).items() if seeds]
    )


def _row(name: Name, seeds: dict[int, SeedCurve], swings: Mapping[int, float]) -> dict[str, Any]:
    curves, n = list(seeds.values()), len(seeds)
    counts = {kind: sum(c.outcome == kind for c in curves) for kind in FAILURES}
    found: dict[str, Any] = dict(zip(("suite", "dataset", "method"), name, strict=True)) | {"seeds": n}
    sound = {kind: sum(c.outcome == kind for c in curves) for kind in (OK.shown, UNJUDGED.shown)}
    unjudged = sound[UNJUDGED.shown]
    found |= sound | counts
    for rate, kinds in RATES.items():
        k = sum(counts[kind] for kind in kinds)
        interval = wilson(k, n)
        known = not unjudged or set(kinds) <= WITHOUT_NUMBER
        three = (k / n, interval.low, interval.high) if known else (np.nan,) * 3
        found |= dict(zip((f"{rate}_rate", f"{rate}_rate_low", f"{rate}_rate_high"), three, strict=True))
    return found | dict.fromkeys(NUMBERS, np.nan) | _losses(seeds, swings) | _quality(curves)


def _quality(curves: Sequence[SeedCurve]) -> dict[str, float]:
    """Everything that is read from q; nothing where it was measured on no seed, or a living one can't be judged."""
    if not judged(curves):
        return {}
    last = np.array([c.last for c in curves])
    middle = estimate(last, higher_is_better=True)
    low, high = np.percentile(np.where(np.isfinite(last), last, 0.0), [25, 75])
    lost, arrived = np.array([c.lost for c in curves]), np.array([c.arrived for c in curves])
    ends = {
        "quality": middle.median,
        "quality_low": middle.low,
        "quality_high": middle.high,
        "quality_iqr": float(high - low),
        "reach": float(np.isfinite(arrived).mean()),
    }
    if not any(c.trained for c in curves):
        return ends
    return ends | {
        "drawdown": _median(lost),
        "drawdown_worst": float(lost.max()),
        "quality_oscillation": _median(np.array([c.swing for c in curves])),
        "steps_to": _when(arrived),
        "gradients_to": _when(arrived * np.array([c.gradients for c in curves])),
        "seconds_to": _when(arrived * np.array([c.seconds for c in curves])),
    }


def _losses(seeds: dict[int, SeedCurve], swings: Mapping[int, float]) -> dict[str, float]:
    if not swings:
        return {}
    return {
        "loss_oscillation": _median(np.array([np.inf if c.dead else swings.get(s, np.nan) for s, c in seeds.items()]))
    }


def _loss_swings(frame: pd.DataFrame) -> dict[Name, dict[int, float]]:
    """The swing of the loss that swings most, of every seed with traced losses."""
    names = frame["name"].astype(str)
    losses = frame[(frame["kind"] == "trace") & names.isin([n for n in names.unique() if LOSS.match(n)])]
    found: dict[Name, dict[int, float]] = {}
    key: Any  # suite, data set, method, seed, name
    for key, rows in losses.groupby(["suite", "dataset", "method", "seed", "name"], sort=False, observed=True):
        rows = rows.drop_duplicates("step").sort_values("step")
        one = swing(rows["value"].to_numpy(np.float64), rows["step"].to_numpy(np.float64))
        held = found.setdefault((str(key[0]), str(key[1]), str(key[2])), {})
        held[int(key[3])] = float(np.fmax(held.get(int(key[3]), np.nan), one))
    return found


def _when(values: np.ndarray) -> float:
    """By when at least half of the seeds had arrived: the upper of two middle ones, which is a moment that there was."""
    ranked = np.sort(values[~np.isnan(values)])
    return float(ranked[len(ranked) // 2]) if len(ranked) else float("nan")


def _median(values: np.ndarray) -> float:
    """Infinite values rank worst and never average with a number; NaN (not measured) is left out, unless all are."""
    ranked = np.sort(values[~np.isnan(values)])
    if not len(ranked):
        return float("nan")
    upper = float(ranked[len(ranked) // 2])
    return upper if len(ranked) % 2 or np.isinf(upper) else float(np.median(ranked))
