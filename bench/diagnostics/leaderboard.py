"""Methods over several data sets: failures, quality, time to it and the chance to beat a reference, each with an interval.

Only methods that were run on every data set, and nothing is averaged but q, shares and ratios of times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.diagnostics.seed_curves import QUALITY, SeedCurve, judged, seed_curves
from bench.diagnostics.spent import spent
from bench.plugins.lazily import lazily
from bench.stats import (
    Estimate,
    improvement_interval,
    interquartile_mean,
    profile_shares,
    stratified_bootstrap,
    time_ratios,
    wilson,
)
from bench.stats.comparable import PROTOCOL, RUN, Spent, agree
from bench.stats.measure import Floats
from bench.stats.medians import estimate
from bench.stats.outcomes import FAILURES, OK

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

LEAST = 2  # data sets, and methods in common
Seeds = dict[int, SeedCurve]


@dataclass(frozen=True)
class Standing:
    """One method over all data sets."""

    method: str
    failures: Estimate  # share of all seeds, Wilson's interval
    quality: Estimate  # interquartile mean of the last q
    profile: Estimate  # score of `ratios`
    improvement: Estimate | None  # chance to beat the reference; None of the reference itself
    medians: Floats  # [data sets] of the last q; NaN where that is a dead seed
    ratios: Floats  # [pairs of data set and seed] time to q >= .7 over the fastest method's; infinite of a failed seed


@dataclass(frozen=True)
class Leaderboard:
    """Methods in the frame's order, the first of which is the reference."""

    datasets: tuple[str, ...]
    standings: tuple[Standing, ...]
    left_out: tuple[str, ...]  # methods that were not run on all data sets, or measured otherwise on one
    time: str  # what time is counted in: "gradient evaluations", or "steps" where a record does not say
    pairs: int  # of data set and seed that all methods have

    @property
    def reference(self) -> str:
        return self.standings[0].method


def leaderboard(frame: pd.DataFrame) -> Leaderboard | None:
    """The standings of one suite; None with fewer than two data sets with quality, or two methods on all of them.

    Failure rate: over all seeds. Quality: interquartile mean of the last q of all seeds, a dead one at q = 0 or at the data
    set's lowest q, whichever is less. Profile: of the time to q >= .7 of each pair of data set and seed that all methods
    have, a failed seed never arriving. Improvement: P(last q better than the reference's), a dead seed worst, mean over data
    sets. Intervals but Wilson's: stratified bootstrap, seeds within data sets. Raises ValueError for frames of several
    suites, and as `stability` does.
    """
    found = seed_curves(frame)
    suites = {suite for suite, _, _ in found}
    if len(suites) > 1:
        raise ValueError(f"the frame holds {len(suites)} suites ({', '.join(sorted(suites))}): give one of them")
    cells = {(d, m): seeds for (_, d, m), seeds in found.items() if judged(seeds.values())}
    datasets = tuple(dict.fromkeys(d for d, _ in cells))
    tried = tuple(dict.fromkeys(m for (_, _, m), seeds in found.items() if any(c.trained for c in seeds.values())))
    kinds = _kinds(frame)
    whole = [m for m in tried if all((d, m) in cells for d in datasets)]
    methods = [m for m in whole if all(_alike(kinds[d, m], kinds[d, whole[0]]) for d in datasets)]
    if len(datasets) < LEAST or len(methods) < LEAST:
        return None
    table = {m: [cells[d, m] for d in datasets] for m in methods}
    counted = all(np.isfinite(c.gradients) for parts in table.values() for seeds in parts for c in seeds.values())
    common = [sorted(set.intersection(*(set(table[m][k]) for m in methods))) for k in range(len(datasets))]
    ratios = [_ratios([table[m][k] for m in methods], common[k], counted) for k in range(len(datasets))]
    floors = [min([0.0, *(c.last for m in methods for c in table[m][k].values() if not np.isnan(c.last))])
              for k in range(len(datasets))]  # fmt: skip
    standings = [
        _standing(m, table[m], table[methods[0]] if j else None, [r[:, j] for r in ratios], floors)
        for j, m in enumerate(methods)
    ]
    return Leaderboard(
        datasets,
        tuple(standings),
        tuple(m for m in tried if m not in methods),
        "gradient evaluations" if counted else "steps",
        sum(map(len, common)),
    )


def _kinds(frame: pd.DataFrame) -> dict[tuple[str, str], tuple[set[tuple[str, ...]], Spent]]:
    """By data set and method: what q was made under, and what was spent; only what is alike is compared."""
    made = [what for what in (PROTOCOL, *RUN) if what in frame]
    found = {}
    for (dataset, method), rows in frame.groupby(["dataset", "method"], sort=False):
        of_quality = rows[(rows["name"] == QUALITY) & (rows["kind"] == "score")]
        kinds = set(of_quality[made].astype(str).itertuples(index=False, name=None))
        found[str(dataset), str(method)] = (kinds, spent(rows))
    return found


def _alike(one: tuple[set[tuple[str, ...]], Spent], other: tuple[set[tuple[str, ...]], Spent]) -> bool:
    return one[0] == other[0] and agree([one[1], other[1]])


def _ratios(methods: Sequence[Seeds], seeds: Sequence[int], counted: bool) -> Floats:
    """[seeds, methods] of one data set."""
    times = [
        [
            (c.arrived * (c.gradients if counted else 1.0)) if (c := cell[s]).outcome == OK.shown else np.inf
            for cell in methods
        ]
        for s in seeds
    ]
    return time_ratios(np.array(times, dtype=np.float64).reshape(len(seeds), len(methods)))


def _standing(
    method: str,
    own: Sequence[Seeds],
    reference: Sequence[Seeds] | None,
    ratios: Sequence[Floats],
    floors: Sequence[float],
) -> Standing:
    rng = np.random.default_rng(0)  # a report is the same twice
    curves = [c for seeds in own for c in seeds.values()]
    failed = sum(c.outcome in FAILURES for c in curves)
    interval = wilson(failed, len(curves))
    lasts = [_last(seeds, floor) for seeds, floor in zip(own, floors, strict=True)]
    better = None
    if reference is not None:
        strata = [(_last(a, -np.inf), _last(b, -np.inf)) for a, b in zip(own, reference, strict=True)]
        better = improvement_interval(strata, rng)
    return Standing(
        method,
        Estimate(failed / len(curves), interval.low, interval.high),
        stratified_bootstrap(interquartile_mean, lasts, rng),
        _profile_score([profile_shares(r) for r in ratios if len(r)], rng),
        better,
        np.array([estimate(_last(seeds, np.nan), True).median for seeds in own], dtype=np.float64),
        np.concatenate(ratios),
    )


def _profile_score(shares: Sequence[Floats], rng: np.random.Generator) -> Estimate:
    """NaN where no seed is common to all methods."""
    if not shares:
        return Estimate(np.nan, np.nan, np.nan)
    return stratified_bootstrap(lambda groups: float(np.concatenate(list(groups)).mean()), shares, rng)


def _last(seeds: Seeds, dead: float) -> Floats:
    return np.array([dead if np.isnan(c.last) else c.last for c in seeds.values()])
