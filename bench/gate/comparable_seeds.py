"""Which numbers of the candidate stand against a line of the baseline, and why some may not."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from bench.claims.evidence import Evidence
from bench.gate.baseline import Baseline, BaselineValues
from bench.gate.report import Row
from bench.stats.measure import Floats
from bench.suite.waivers import CellMetric


def values_of(pool: BaselineValues, frame: Evidence, baseline: Baseline) -> Floats | Row:
    """The candidate's seeds, or why there are none to compare."""
    key = pool.key
    if key.dataset not in frame.datasets((key.method,)):
        return Row(key, "values", "incomplete", reason="the candidate has no run of this cell")
    differs = _differs(pool, frame, baseline)
    if differs:
        return Row(key, "values", "incomparable", reason=differs)
    values = frame.seed_values(key.metric, key.dataset, key.method)
    if values.missing:
        return Row(key, "values", "incomplete", n=len(values.numbers), reason=f"{values.missing} seeds have no result")
    return values.numbers


def _differs(pool: BaselineValues, frame: Evidence, baseline: Baseline) -> str:
    """What keeps two numbers from being compared: protocol, precision or device kind; empty where nothing does."""
    rows = frame.frame
    key = pool.key
    rows = rows[(rows["dataset"] == key.dataset) & (rows["method"] == key.method)]
    protocol = baseline.protocols.get(key.dataset, {}).get(key.metric, "")
    for column, then in (("protocol", protocol), ("precision", pool.precision), ("device", pool.device)):
        if column not in rows or not then:
            continue
        of_metric = rows[rows["name"] == key.metric] if column == "protocol" else rows
        now = {str(x) for x in of_metric[column].dropna().unique()}
        if now - {then}:
            return f"{column}: {then} in the baseline, {', '.join(sorted(now))} now"
    return ""


def without_baseline(candidate: pd.DataFrame, baseline: Baseline, within: Mapping[str, float]) -> list[Row]:
    """What was run and has no line in the baseline."""
    rows = candidate[candidate["name"].isin(list(within))]
    found = {
        CellMetric(str(d), str(m), str(n))
        for d, m, n in zip(rows["dataset"], rows["method"], rows["name"], strict=True)
    }
    reason = "no line in the baseline; promote one"
    return [Row(key, "values", "insufficient", reason=reason) for key in sorted(found - baseline.pools.keys())]


def unused_seeds(baseline: Baseline, candidate: pd.DataFrame, count: int) -> list[int]:
    """Seeds that neither side has used."""
    used = {s for pool in baseline.pools.values() for s in pool.seeds} | {int(s) for s in candidate["seed"].unique()}
    first = max(used, default=-1) + 1
    return list(range(first, first + count))
