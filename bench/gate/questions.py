"""What is asked of which line of a baseline, and how large a change has to be to count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.gate.baseline import Baseline, BaselineValues
from bench.gate.changes import Cell
from bench.gate.checks import Deaths, Failures, GateCheck, Spread, Survivors, Values, alive
from bench.gate.rule import FAILURES, Rule
from bench.stats import robust_sd
from bench.stats.measure import Floats
from bench.suite.waivers import CellMetric


@dataclass(frozen=True)
class Line:
    """A line of the baseline that gates."""

    pool: BaselineValues
    minimum: float = 0.0  # of the margin, in the metric's units
    deaths: bool = False  # whether its deaths are asked about: once a cell

    @property
    def cell(self) -> Cell:
        return Cell(self.pool.key.dataset, self.pool.key.method)


def lines_of(baseline: Baseline, within: Mapping[str, float]) -> list[Line]:
    """What gates, cell by cell: how its seeds ended, and the metrics of `within` with their stated minimum margins.

    A baseline of before 0.3 does not know how seeds ended: the first metric of a cell tells how many died.
    """
    out: list[Line] = []
    for key, pool in sorted(baseline.pools.items()):
        if key.metric not in within:
            continue
        cell = Cell(key.dataset, key.method)
        ends = baseline.pools.get(CellMetric(*cell, FAILURES))
        first = not any(line.cell == cell for line in out)
        if first and ends is not None:
            out.append(Line(ends))
        out.append(Line(pool, within[key.metric], deaths=first and ends is None))
    return out


def checks_of(line: Line, rule: Rule) -> list[GateCheck]:
    """The questions of a line. Of how seeds ended: how many failed, and where some do anyway how many died of it. Of a
    metric: the values, the dead ranked worst, or where the baseline often dies those of the survivors; and whether they
    scatter more. Raises ValueError where a metric has no logarithm."""
    pool = line.pool
    dead, n = Deaths.count(pool.array), len(pool.values)
    if pool.outcomes:
        failed = Failures.count(pool.array)
        asked: list[GateCheck] = (
            [Failures(pool.key, pool, 0.0)] if failed < n else []
        )  # where all fail, none can fail more
        return [*asked, Deaths(pool.key, pool, 0.0)] if dead < failed else asked
    size = margin(pool, line.minimum, rule)
    asked = [Deaths(pool.key, pool, 0.0)] if line.deaths else []
    if dead < rule.fails_often * n:
        asked.append(Values(pool.key, pool, size))
    elif n - dead > 1:
        asked.append(Survivors(pool.key, pool, size))
    oriented = pool.measure.orient(alive(pool.array))
    if len(oriented) > 1 and np.isfinite(oriented).all() and np.ptp(oriented) > 0:
        asked.append(Spread(pool.key, pool, 0.0))
    return asked


def margin(pool: BaselineValues, minimum: float, rule: Rule) -> float:
    """max(sds · robust SD of the living baseline seeds, the stated minimum), on the oriented scale, and no more than
    `way` of the way from their median down to the null reference, where that is known and the median is better.

    A few bad seeds of the baseline move neither (`robust_sd`). Raises ValueError where the pool has no logarithm. On a
    log scale the minimum, in the metric's units, is counted from the baseline's median: log(1 + minimum / median).
    """
    oriented = pool.measure.orient(pool.array)
    living = oriented[np.isfinite(oriented)]
    spread = robust_sd(living) if len(living) > 1 else 0.0
    if pool.measure.scale == "log" and minimum > 0:
        median = float(np.nanmedian(pool.array)) if len(living) else float("nan")
        if median == 0:
            raise ValueError("half of the baseline is 0, from which no share can be counted; use a linear scale")
        minimum = float(np.log1p(minimum / median)) if median > 0 else 0.0
    return min(max(rule.sds * spread, minimum), rule.way * _way(pool, living))


def _way(pool: BaselineValues, living: Floats) -> float:
    """From the median of the living [m], oriented, down to the null reference; infinite where there is no such way."""
    if not len(living) or np.isnan(pool.null) or (pool.measure.scale == "log" and pool.null <= 0):
        return float("inf")
    way = float(np.median(living) - pool.measure.orient(pool.null))
    return way if way > 0 else float("inf")
