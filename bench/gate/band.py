"""Where a night's median lies if nothing has changed: a band from the nights before, or from a baseline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from bench.gate.baseline import Baseline
from bench.gate.changes import DATA, Cell, Facts, facts
from bench.gate.history import Series
from bench.gate.night_values import FAILURES, conditions
from bench.plugins.lazily import lazily
from bench.records.in_suite import cell_name
from bench.records.made_under import made_under
from bench.stats import Measure
from bench.stats.comparable import BUDGET, PROTOCOL, differences
from bench.stats.measure import Floats
from bench.suite.waivers import CellMetric

if TYPE_CHECKING:
    from scipy import stats
else:
    stats = lazily("scipy.stats")

LEVEL = 0.95


@dataclass(frozen=True)
class Band:
    """Between `worst` and `best` lie 95 of 100 medians; NaN where that end is a dead seed."""

    worst: float
    best: float
    of: str  # what it was drawn from: `45 seeds of the nights before`

    def holds(self, value: float, measure: Measure) -> bool:
        """Whether a median, NaN for a dead one, is no further off than the ends."""
        one_sided = replace(measure, target=None)
        worst, at, best = one_sided.orient([self.worst, value, self.best])
        return bool(worst <= at <= best)


@dataclass(frozen=True)
class Banded:
    """A series with its band, and why it is not the one that was asked for."""

    series: Series
    band: Band | None
    why: str = ""


def banded(series: Series, baseline: Baseline | None = None) -> Banded:
    """With the baseline's band where there is a baseline that is comparable, else with that of the nights before; shares of
    failures are no medians and have none."""
    if series.metric == FAILURES:
        return Banded(series, None)
    found = of_baseline(series, baseline) if baseline is not None else ""
    return Banded(series, found) if isinstance(found, Band) else Banded(series, of_nights(series), found)


def band(pool: Floats, seeds: int, measure: Measure, of: str) -> Band | None:
    """Where the median of n = `seeds` new draws from the values of a pool [N] lies, NaN a dead seed and the worst.

    The k-th of n draws from a law F lies below its quantile at u with probability I_u(k, n + 1 - k), so for odd n the ends
    are the pool's quantiles at the .025 and .975 quantiles of Beta(k, k), k = (n + 1) / 2. The median of an even number
    scatters about as that of one more, and is taken for it.
    No moment is taken, so some bad seeds move it little. None where the pool is too small to tell those quantiles from
    its extremes. Source: David & Nagaraja 2003, Order Statistics, section 2.1.
    """
    if seeds < 1 or not len(pool):
        return None
    k = seeds // 2 + 1
    low, high = (float(stats.beta.ppf(u, k, k)) for u in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    if low * len(pool) < 1:
        return None
    ordered = pool[np.argsort(replace(measure, target=None).orient(pool), kind="stable")]
    ends = (ordered[min(ceil(u * len(pool)), len(pool)) - 1] for u in (low, high))
    worst, best = map(float, ends)
    return Band(worst, best, of)


def of_nights(series: Series) -> Band | None:
    """From the seeds of the nights before the newest, or before the change where there is one."""
    seen = series.seen
    if not seen:
        return None
    before = seen[: series.change.first] if series.change is not None else seen[:-1]
    pool = np.concatenate([np.empty(0), *(series.seeds(point) for point in before)])
    return band(pool, seen[-1].seeds, series.measure, f"{len(pool)} seeds of {_nights(len(before))} before")


def of_baseline(series: Series, baseline: Baseline) -> Band | str:
    """From the seeds of a baseline; or why it can't be, in words."""
    pool = baseline.pools.get(CellMetric(series.dataset, series.method, series.metric))
    if pool is None:
        return "the baseline has no line of it"
    if not series.seen:
        return "no night has a number"
    if differ := _differs(series, baseline):
        return f"incomparable with the baseline: {differ}"
    found = band(pool.array, series.seen[-1].seeds, series.measure, f"{len(pool.values)} seeds of the baseline")
    return found or f"a baseline of {len(pool.values)} seeds is too small for a band"


def _differs(series: Series, baseline: Baseline) -> str:
    """What keeps the nights from the baseline: here a budget as well, since a line is drawn through the numbers."""
    night, under = series.seen[-1].night, replace(series.conditions, protocol="")
    own = [r for r in night.records if cell_name(r) == (series.dataset, series.method) and conditions(r) == under]
    known = baseline.cells.get(series.dataset, {}).get(series.method, {})
    pool = baseline.pools[CellMetric(series.dataset, series.method, series.metric)]
    then = {
        DATA: str(known.get(DATA) or ""),
        PROTOCOL: baseline.protocols.get(series.dataset, {}).get(series.metric, ""),
        BUDGET: _budget(known),
        "precision": pool.precision,
        "device": pool.device,
    }
    made = made_under(own[-1]) if own else {}
    today = facts(own).get(Cell(series.dataset, series.method), {})
    now = {**made, DATA: str(today.get(DATA) or ""), PROTOCOL: series.conditions.protocol, BUDGET: _budget(today)}
    return "; ".join(differences([("the baseline", then), ("now", now)]))


def _budget(known: Facts) -> str:
    if "train.steps" not in known:
        return ""
    return f"{known['train.steps']} steps" + (f" of batch {known['train.batch']}" if "train.batch" in known else "")


def _nights(count: int) -> str:
    return "the night" if count == 1 else f"the {count} nights"
