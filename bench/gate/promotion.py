"""From a folder of results to a baseline, and what changes from one baseline to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.claims.evidence import Evidence
from bench.evaluation.references import stored
from bench.gate.baseline import Baseline, BaselineError, BaselineValues, ended, rounded
from bench.gate.caveats import SEEDS, small
from bench.gate.changes import facts
from bench.gate.checks import Failures
from bench.gate.comparable_seeds import ends
from bench.gate.rule import FAILURES
from bench.plugins.lazily import lazily
from bench.records import store
from bench.records.frame import FATE, frame, metric_directions
from bench.stats import rank_test, shift
from bench.stats.comparable import RUN
from bench.stats.comparable import differences as unlike
from bench.stats.outcomes import SKIPPED, UNJUDGED
from bench.suite.stored_suite import stored_suite
from bench.suite.waivers import CellMetric

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")


def collect(root: Path, force_small: bool = False) -> Baseline:
    """The last scores of every seed of every cell below `root`, with what they depend on.

    Raises BaselineError where a cell lacks results, where seeds of one cell are not comparable, and where a cell has
    fewer than 20 seeds; `force_small` takes them, and every report says so.
    """
    found = store.current(store.load_records(root, deep=True)) if root.is_dir() else []
    found = [r for r in found if r["status"] != SKIPPED.name]
    if not found:
        raise BaselineError(f"{root}: no results to promote; 'bench run' writes results/<suite>")
    if len(suites := sorted({str(r["suite"]) for r in found})) > 1:
        raise BaselineError(f"{root}: holds {len(suites)} suites ({', '.join(suites)}); give the folder of one of them")
    scores, rows, nulls = metric_directions(found), frame(root), _nulls(found)
    evidence = Evidence(rows, scores)
    pools: dict[CellMetric, BaselineValues] = {}
    protocols: dict[str, dict[str, str]] = {}
    for (dataset, method), cell in rows.groupby(["dataset", "method"], sort=True):
        if (line := _ends(root, CellMetric(str(dataset), str(method), FAILURES), evidence, cell)) is not None:
            pools[line.key] = line
            told = cell.loc[cell["kind"] == FATE, "protocol"].dropna().unique()
            if len(told) == 1:
                protocols.setdefault(str(dataset), {})[FAILURES] = str(told[0])
        of_data = rows[(rows["dataset"] == dataset) & (rows["kind"] == "score")]
        for metric in sorted(of_data["name"].unique()):
            key = CellMetric(str(dataset), str(method), str(metric))
            null = nulls.get((key.dataset, key.metric), float("nan"))
            pools[key] = replace(_pool(root, key, evidence, cell), null=null)
            ids = of_data.loc[of_data["name"] == metric, "protocol"].dropna().unique()
            if len(ids) > 1:
                raise BaselineError(f"{root}: {dataset} / {metric}: measured under {len(ids)} protocols; run it anew")
            if len(ids):
                protocols.setdefault(str(dataset), {})[str(metric)] = str(ids[0])
    if not pools:
        raise BaselineError(f"{root}: its records hold no score, so there is nothing to compare with later")
    whole = Baseline(pools, protocols, _provenance(suites[0], found), cells=_cells(found))
    if (few := small(whole)) and not force_small:
        raise BaselineError(f"{root}: {few}: bench run SUITE --seeds {SEEDS}, or --force-small")
    return whole


def within(root: Path) -> dict[str, float]:
    """The primary metrics of the suite beside the records, and their margins; empty where it has no gate."""
    gate = stored_suite(root).get("gate")
    return {str(k): float(v) for k, v in gate["within"].items()} if gate else {}


def candidates(root: Path) -> int | None:
    """How many seeds the suite beside the records gives a candidate; None where it doesn't say."""
    seeds = stored_suite(root).get("seeds")
    if isinstance(seeds, dict):
        seeds = seeds.get("nightly")
    count = len(seeds) if isinstance(seeds, list) else seeds
    return count if isinstance(count, int) and count > 0 else None


def _pool(root: Path, key: CellMetric, evidence: Evidence, cell: pd.DataFrame) -> BaselineValues:
    place = f"{root}: {' / '.join(key)}"
    if key.metric not in evidence.scores:
        raise BaselineError(f"{place}: its records do not say which way it is better; run the suite again first")
    sample = evidence.seed_values(key.metric, key.dataset, key.method)
    if sample.missing:
        raise BaselineError(f"{place}: {sample.missing} seeds came to no result; run the suite again first")
    try:
        values = tuple(float("nan") if (v := rounded(x)) is None else v for x in sample.numbers)
    except ValueError as infinite:
        raise BaselineError(f"{place}: {infinite}") from None
    return BaselineValues(key, values, sample.seeds, evidence.scores[key.metric], *_ran(place, cell))


def _ends(root: Path, key: CellMetric, evidence: Evidence, cell: pd.DataFrame) -> BaselineValues | None:
    """How the seeds of a cell ended; None where that is not known of all."""
    seeds = evidence.seed_values("", key.dataset, key.method).seeds
    words = ends(key, evidence)
    if not words or UNJUDGED.name in words:
        return None
    return ended(key, words, seeds, *_ran(f"{root}: {' / '.join(key)}", cell))


def _ran(place: str, cell: pd.DataFrame) -> tuple[str, str]:
    """The precision and the device that all seeds of a cell have; their data are one, too."""
    seeds = [(what, value, of["seed"].nunique()) for what in RUN for value, of in cell.groupby(what)]
    sides = [(f"{count} seeds", {what: str(value)}) for what, value, count in seeds]
    if told := unlike(sides, RUN):
        raise BaselineError(f"{place}: its seeds are not one population: {'; '.join(told)}; run it anew")
    made = {what: str(value) for what, value, _ in seeds}
    return made.get("precision", ""), made.get("device", "")


def _nulls(found: Sequence[store.Record]) -> dict[tuple[str, str], float]:
    """What every metric reads on the first witness that it tells (`Reference.poor`); quality on the null is 0."""
    out: dict[tuple[str, str], float] = {}
    for record in found:
        dataset = str(record["dataset"]["label"])
        for name in record.get("metrics") or {}:
            known = stored(record, name)
            null = 0.0 if name == "quality" else float("nan") if known is None else known.poor
            if isfinite(null):
                out[dataset, name] = null
    return out


def _cells(found: Sequence[store.Record]) -> dict[str, dict[str, dict[str, Any]]]:
    out: dict[str, dict[str, dict[str, Any]]] = {}
    for cell, known in sorted(facts(found).items()):
        out.setdefault(cell.dataset, {})[cell.method] = known
    return out


def _provenance(suite: str, found: list[store.Record]) -> dict[str, Any]:
    """Taken from the records alone: equal results give equal bytes."""
    return {
        "suite": suite,
        "commits": sorted({str(r.get("commit")) for r in found}),
        "from": min(str(r["created"]) for r in found)[:19],
        "to": max(str(r["created"]) for r in found)[:19],
        "machines": sorted({str((r.get("device") or {}).get("name")) for r in found}),
        "versions": {
            k: sorted({str((r.get("versions") or {}).get(k)) for r in found}) for k in ("python", "torch", "numpy")
        },
        "keys": len({r["key"] for r in found}),
    }


@dataclass(frozen=True)
class Change:
    """One line of `bench baseline diff`."""

    key: CellMetric
    what: str  # added | removed | protocol | device | precision | scale | same | changed
    before: float = float("nan")  # median of the living; of how seeds ended, the share that failed
    after: float = float("nan")
    effect: float = float("nan")  # Hodges-Lehmann, oriented: positive = better; the fall of the share that failed
    p: float = float("nan")  # two-sided, exact


def differences(old: Baseline, new: Baseline) -> list[Change]:
    """Line by line, what a new baseline would require instead of the old one."""
    out = []
    for key in sorted(old.pools.keys() | new.pools.keys()):
        a, b = old.pools.get(key), new.pools.get(key)
        if a is None or b is None:
            out.append(Change(key, "removed" if b is None else "added", _median(a), _median(b)))
            continue
        ids = [one.protocols.get(key.dataset, {}).get(key.metric) for one in (old, new)]
        pairs: list[tuple[str, object, object]] = [
            ("protocol", ids[0], ids[1]),
            ("device", a.device, b.device),
            ("precision", a.precision, b.precision),
            ("scale", a.measure, b.measure),
        ]
        for what, left, right in pairs:
            if left != right:
                out.append(Change(key, what, _median(a), _median(b)))
                break
        else:
            same = _by_seed(a) == _by_seed(b)
            effect, p = _compared(a, b)
            out.append(Change(key, "same" if same else "changed", _median(a), _median(b), 0.0 if same else effect, p))
    return out


def _by_seed(pool: BaselineValues) -> dict[int, str]:
    return dict(zip(pool.seeds, pool.outcomes or map(str, pool.values), strict=True))


def _compared(a: BaselineValues, b: BaselineValues) -> tuple[float, float]:
    """How much better b is, and the two-sided p: of how seeds ended by their failures, else by the rank test."""
    if a.outcomes and b.outcomes:
        check = Failures(a.key, a, 0.0)
        return check.effect(b.array), min(1.0, 2 * min(check.worse(b.array), check.better(b.array)))
    strata = [(b.measure.orient(b.array), a.measure.orient(a.array))]
    test = rank_test(strata)
    return shift(strata).estimate, min(1.0, 2 * min(test.greater, test.less))


def _median(pool: BaselineValues | None) -> float:
    if pool is not None and pool.outcomes:
        return Failures.count(pool.array) / len(pool.values)
    living = np.array([]) if pool is None else pool.array[~np.isnan(pool.array)]
    return float(np.median(living)) if len(living) else float("nan")
