"""What a night says about a cell: the seeds' numbers, and what they may be compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import pandas as pd

from bench.claims.evidence import DEAD, Evidence
from bench.gate.nights import Night
from bench.records import store
from bench.records.frame import FATE, frame, measures
from bench.stats import Measure
from bench.stats.measure import Floats

FAILURES = "failures"  # the share of a cell's seeds that failed, as a metric
CellName = tuple[str, str]  # data set, method


@dataclass(frozen=True, order=True)
class Conditions:
    """Numbers of one cell and metric that differ in any of these are incomparable: they are of different series."""

    device: str  # cpu, or the name of the card
    precision: str
    budget: str  # steps and batch
    protocol: str = ""  # the id of the metric's; for failures, what outcomes are told from


@dataclass(frozen=True)
class CellNight:
    """One cell on one night, under one set of conditions (but for the protocol, which belongs to a metric)."""

    conditions: Conditions
    seeds: tuple[int, ...] = ()  # [n]
    deaths: tuple[tuple[object, ...], ...] = ()  # seed, outcome, step
    numbers: Mapping[str, Floats] = field(default_factory=dict)  # metric -> [n], NaN where a seed is dead
    protocols: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    why: str = ""  # why no seed came to a result

    def repeats(self, other: CellNight) -> bool:
        """Whether both are one draw: the same seeds died at the same steps, the others' numbers are the same bits."""
        if (self.seeds, self.deaths) != (other.seeds, other.deaths):
            return False
        shared = self.numbers.keys() & other.numbers.keys() - {FAILURES}  # shares tie between different draws
        same = all(np.array_equal(self.numbers[m], other.numbers[m], equal_nan=True) for m in shared)
        return same and (bool(shared) or len(self.deaths) == len(self.seeds))


def differences(before: Conditions, after: Conditions) -> str:
    """`device: cpu → NVIDIA L4; precision: float32 → float64`."""
    pairs = [(f.name, getattr(before, f.name), getattr(after, f.name)) for f in fields(Conditions)]
    return "; ".join(f"{name}: {then or '?'} → {now or '?'}" for name, then, now in pairs if then != now)


def cells(night: Night) -> dict[CellName, list[CellNight]]:
    """Every cell that a night's records name; one that was run under two sets of conditions has two entries."""
    if not night.records:
        return {}
    found = frame(night.folder)
    rows = {(str(d), str(m)): part for (d, m), part in found.groupby(["dataset", "method"], sort=False)}
    held: dict[CellName, dict[Conditions, list[store.Record]]] = {}
    for record in night.records:
        name = (record["dataset"]["label"], record["method"]["label"])
        held.setdefault(name, {}).setdefault(_conditions(record), []).append(record)
    return {
        name: [_cell(conditions, records, rows.get(name), len(groups) > 1) for conditions, records in groups.items()]
        for name, groups in held.items()
    }


def _conditions(record: store.Record) -> Conditions:
    device, train = record.get("device") or {}, record.get("train") or {}
    kind = str(device.get("kind") or "")
    budget = ", ".join(f"{name}={train[name]}" for name in ("steps", "batch") if name in train)
    named = str(device.get("name") or kind) if kind == "cuda" else kind
    return Conditions(named, str(record.get("precision") or ""), budget)


def _cell(conditions: Conditions, records: Sequence[store.Record], rows: pd.DataFrame | None, some: bool) -> CellNight:
    without = CellNight(conditions, why=", ".join(sorted({str(r["status"]) for r in records})))
    if rows is not None and some:
        rows = rows[rows["created"].isin([r["created"] for r in records])]
    if rows is None or rows.empty:
        return without
    scores, evidence = measures(records), Evidence(rows, measures(records))
    dataset, method = records[0]["dataset"]["label"], records[0]["method"]["label"]
    fates = evidence.seed_values("", dataset, method)
    if not fates.seeds:
        return without
    lost = rows[(rows["kind"] == FATE) & rows["outcome"].isin(DEAD)].sort_values("seed")
    deaths = tuple(zip(lost["seed"], lost["outcome"], lost["outcome_step"].fillna(-1), strict=True))
    scored = set(rows.loc[rows["kind"] == "score", "name"])
    numbers = {FAILURES: np.isnan(fates.numbers).astype(np.float64)}
    for metric in scores:
        if metric in scored:
            numbers[metric] = evidence.seed_values(metric, dataset, method).numbers
        elif len(deaths) == len(fates.seeds):
            numbers[metric] = np.full(len(deaths), np.nan)
    protocols = {m: str(p.get("id")) if isinstance(p, Mapping) else str(p)
                 for r in records for m, p in (r.get("protocols") or {}).items()}  # fmt: skip
    newest = next((r for r in reversed(records) if r.get("protocols")), records[-1])
    if told := _told(newest, protocols):
        protocols[FAILURES] = told
    return CellNight(
        conditions, fates.seeds, deaths, numbers, protocols, {**scores, FAILURES: Measure(higher_is_better=False)}
    )


def _told(record: store.Record, protocols: Mapping[str, str]) -> str:
    """What outcomes of seeds are told from: the protocol of quality, the rule, and how often training looks."""
    rule = " ".join(f"{name} {value}" for name, value in (record.get("outcomes") or {}).items())
    every = (record.get("train") or {}).get("evaluate_every")
    parts = [protocols.get("quality", ""), rule, f"every {every}" if every else ""]
    return ", ".join(filter(None, parts)) if protocols else ""
