"""What a night says about a cell: the seeds' numbers, and what they may be compared with."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from bench.gate.nights import Night
from bench.records import store
from bench.records.frame import measures_there, metric_directions
from bench.records.made_under import made_under
from bench.records.rows import NAMES, UnreadableRows, read_rows
from bench.stats import Measure, comparable
from bench.stats.comparable import BUDGET
from bench.stats.measure import Floats
from bench.stats.outcomes import ALIVE, DEAD, SOUND, UNJUDGED

FAILURES = "failures"  # the share of a cell's seeds that failed, as a metric
CellName = tuple[str, str]  # data set, method


@dataclass(frozen=True, order=True)
class Conditions:
    """Numbers of one cell and metric that differ in any of these are incomparable: they are of different series."""

    device: str  # cpu, or the name of the card
    precision: str
    budget: str  # and the batch
    data: str = ""
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
    """`precision differs: float32 (before), float64 (since)`."""
    sides = [(name, {f.name: getattr(one, f.name) or "?" for f in fields(Conditions)})
             for name, one in (("before", before), ("since", after))]  # fmt: skip
    return "; ".join(comparable.differences(sides))


def cells(night: Night) -> dict[CellName, list[CellNight]]:
    """Every cell that a night's records name; one that was run under two sets of conditions has two entries."""
    held: dict[CellName, dict[Conditions, list[store.Record]]] = {}
    for record in night.records:
        name = (record["dataset"]["label"], record["method"]["label"])
        held.setdefault(name, {}).setdefault(conditions(record), []).append(record)
    return {name: [_cell(*group) for group in groups.items()] for name, groups in held.items()}


def conditions(record: store.Record) -> Conditions:
    """What a record was made under; the protocol belongs to a metric."""
    device, train = record.get("device") or {}, record.get("train") or {}
    made = made_under(record)
    named = str(device.get("name") or made["device"]) if made["device"] == "cuda" else made["device"]
    budget = made[BUDGET] + (f" of batch {train['batch']}" if "batch" in train else "")
    return Conditions(named, made["precision"], budget, made["data"])


def _cell(under: Conditions, records: Sequence[store.Record]) -> CellNight:
    """The seeds of a cell as `Evidence` reads them (tests hold the two together), without a table of everything: a
    history has thousands of cells. Of a seed that was run twice the newest result counts."""
    records = sorted(records, key=store.rank)
    fates = {int(e["seed"]): (k, *store.fate(r, e)) for k, r in enumerate(records) for e in r["seeds"]}
    seeds = tuple(sorted(seed for seed, (_, outcome, _) in fates.items() if outcome in ALIVE | DEAD))
    if not seeds:
        return CellNight(under, why=", ".join(sorted({str(r["status"]) for r in records})))
    outcomes = [fates[seed][1] for seed in seeds]
    deaths = tuple((seed, *fates[seed][1:]) for seed in seeds if fates[seed][1] in DEAD)
    last = _last({seed: records[fates[seed][0]] for seed in seeds})
    blind = _blind(outcomes, [records[fates[seed][0]] for seed in seeds])
    failed = [outcome in DEAD if blind else outcome not in SOUND for outcome in outcomes]
    numbers = {FAILURES: np.array(failed, dtype=np.float64)}
    scores = metric_directions(records) | {metric: one for (_, metric), one in measures_there(records).items()}
    for metric in scores:
        if metric in last or len(deaths) == len(seeds):
            found = last.get(metric, {})
            values = [found.get(s, np.nan) if o in ALIVE else np.nan for s, o in zip(seeds, outcomes, strict=True)]
            numbers[metric] = np.array(values, dtype=np.float64)
    protocols = {m: str(p.get("id")) if isinstance(p, Mapping) else str(p)
                 for r in records for m, p in (r.get("protocols") or {}).items()}  # fmt: skip
    newest = next((r for r in reversed(records) if r.get("protocols")), records[-1])
    if told := _told(newest, protocols):
        protocols[FAILURES] = f"{told}, divergence alone" if blind else told
    return CellNight(under, seeds, deaths, numbers, protocols, {**scores, FAILURES: Measure(False)})


def _blind(outcomes: Sequence[str], records: Sequence[store.Record]) -> bool:
    """Whether it can't be told of every seed if it failed, so that only deaths count: one is unjudged, or all died where
    none could have been judged."""
    could = any(not record.get("unjudged") for record in records)
    return UNJUDGED.name in outcomes or (not could and not ALIVE & set(outcomes))


def _last(of: Mapping[int, store.Record]) -> dict[str, dict[int, float]]:
    """Metric -> seed -> value at the metric's last evaluation, each seed from its own record."""
    held: dict[str, tuple[int, dict[int, float]]] = {}
    for record in {id(one): one for one in of.values()}.values():
        for seed, step, name, value in _scores(record):
            if of.get(seed) is record:
                at, found = held.setdefault(name, (step, {}))
                if step > at:
                    held[name] = (step, {seed: value})
                elif step == at:
                    found[seed] = value
    return {name: found for name, (_, found) in held.items()}


def _scores(record: store.Record) -> Iterator[tuple[int, int, str, float]]:
    """Seed, step, name and value of every score of a record, without those of broken metrics."""
    broken = record.get("broken") or ()
    try:
        table = read_rows(record, "score").to_pydict()
    except UnreadableRows as error:
        warnings.warn(f"{record['folder']}: {error}; the record is left out", stacklevel=2)
        return
    for seed, step, name, value in zip(*(table[c] for c in NAMES), strict=True):
        if name not in broken:
            yield seed, step, name, float("nan") if value is None else value


def _told(record: store.Record, protocols: Mapping[str, str]) -> str:
    """What outcomes of seeds are told from: the protocol of quality, the rule, and how often training looks."""
    rule = " ".join(f"{name} {value}" for name, value in (record.get("outcomes") or {}).items())
    every = (record.get("train") or {}).get("evaluate_every")
    parts = [protocols.get("quality", ""), rule, f"every {every}" if every else ""]
    return ", ".join(filter(None, parts)) if protocols else ""
