"""Which numbers of the candidate stand against a line of the baseline, and why some may not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bench.claims.evidence import Evidence
from bench.gate.baseline import Baseline, BaselineValues, ended
from bench.gate.changes import DATA
from bench.gate.report import Row
from bench.gate.rule import FAILURES
from bench.plugins.lazily import lazily
from bench.stats.comparable import PROTOCOL, differences
from bench.stats.measure import Floats
from bench.stats.outcomes import ALIVE, DEAD, OK, UNJUDGED
from bench.suite.waivers import CellMetric

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")


def values_of(pool: BaselineValues, frame: Evidence, baseline: Baseline) -> Floats | Row:
    """The candidate's seeds, or why there are none to compare."""
    key, kind = pool.key, FAILURES if pool.outcomes else "values"
    if key.dataset not in frame.datasets((key.method,)):
        return Row(key, kind, "incomplete", reason="the candidate has no run of this cell")
    differs = _differs(pool, frame, baseline)
    if differs:
        return Row(key, kind, "incomparable", reason=differs)
    values = frame.seed_values(key.metric if not pool.outcomes else "", key.dataset, key.method)
    if values.missing:
        return Row(key, kind, "incomplete", n=len(values.numbers), reason=f"{values.missing} seeds have no result")
    if not pool.outcomes:
        return values.numbers
    words = ends(key, frame)
    if unknown := words.count(UNJUDGED.name):
        return Row(key, kind, "incomparable", reason=f"how {unknown} seeds ended is not known (quality is not)")
    return ended(key, words, values.seeds).array


def ends(key: CellMetric, frame: Evidence) -> list[str]:
    """How the seeds of a cell ended, in the order of the seeds; of those that came to a result."""
    found = frame.outcomes.loc[[key.dataset]].xs(key.method, level="method").sort_index()
    return [str(word) for word in found if word in ALIVE | DEAD]


def count(words: Sequence[str]) -> str:
    """`4 collapsed, 2 diverged of 50`, the most frequent first; seeds that are ok are not named."""
    found = Counter(word for word in words if word != OK.name)
    kinds = ", ".join(f"{n} {word}" for word, n in sorted(found.items(), key=lambda one: (-one[1], one[0])))
    return f"{kinds or 'none'} of {len(words)}"


def _differs(pool: BaselineValues, frame: Evidence, baseline: Baseline) -> str:
    """What keeps two numbers from being compared; empty where nothing does. Budgets are not asked for: another number of
    steps is a change like that of any option, and the gate says so."""
    rows, key = frame.frame, pool.key
    rows = rows[(rows["dataset"] == key.dataset) & (rows["method"] == key.method)]
    protocol = baseline.protocols.get(key.dataset, {}).get(key.metric, "")
    data = str(baseline.cells.get(key.dataset, {}).get(key.method, {}).get(DATA) or "")
    then = {PROTOCOL: protocol, DATA: data, "precision": pool.precision, "device": pool.device}
    name = "" if pool.outcomes else key.metric  # what outcomes are told from stands in the row that every seed has
    of_metric = rows[rows["name"] == name]
    now = [
        ("now", {what: str(value)})
        for what in then
        if what in rows
        for value in sorted((of_metric if what == PROTOCOL else rows)[what].dropna().unique())
    ]
    return "; ".join(differences([("the baseline", then), *now]))


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
