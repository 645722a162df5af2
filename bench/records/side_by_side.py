"""Two folders of results, or two methods of one, side by side: the settings that differ, then every effect with its interval.

What may be compared is decided by the one rule (stats/comparable.py); the rest is named and has no effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import nan
from pathlib import Path
from typing import Any

import numpy as np

from bench.claims import Evidence
from bench.records import store
from bench.records.frame import frame, measures_there, metric_directions, outcome_protocol
from bench.records.in_suite import Name, cell_name, in_suite
from bench.records.made_under import made_under, spent
from bench.stats import newcombe, shift
from bench.stats.comparable import ALL, BUDGET, PROTOCOL, agree, differences
from bench.stats.measure import Measure

ALPHA = 0.025  # at each end of an interval


class CantCompare(ValueError):
    """Nothing stands on both sides: one line with the remedy."""


@dataclass(frozen=True)
class Side:
    """One folder's cells."""

    name: str
    root: Path

    @cached_property
    def records(self) -> list[store.Record]:
        found = store.current(in_suite(self.root, store.load_records(self.root, deep=True))[0])
        return [record for record in found if record["status"] in store.RESULTS]

    @cached_property
    def cells(self) -> dict[Name, list[store.Record]]:
        found: dict[Name, list[store.Record]] = {}
        for record in self.records:
            found.setdefault(cell_name(record), []).append(record)
        return found

    @cached_property
    def evidence(self) -> Evidence:
        rows = frame(self.root)
        return Evidence(
            rows[rows["kind"] != "trace"], metric_directions(self.records), there=measures_there(self.records)
        )


@dataclass(frozen=True)
class Setting:
    """One thing that is not the same on both sides."""

    what: str
    a: str
    b: str
    where: tuple[str, ...]


@dataclass(frozen=True)
class Effect:
    """One number of a cell on both sides; `gain` is how much better B is, NaN where they may not be compared."""

    where: str
    name: str
    a: float
    b: float
    gain: float = nan
    low: float = nan
    high: float = nan
    seeds: tuple[int, int] = (0, 0)
    why: str = ""


@dataclass(frozen=True)
class Comparison:
    settings: tuple[Setting, ...]
    effects: tuple[Effect, ...]
    alone: tuple[str, ...] = field(default=())  # cells that stand on one side only


def folders(a: Path, b: Path) -> Comparison:
    """The cells of the same labels in two folders of results. Raises CantCompare where there are none."""
    one, other = Side(str(a), a), Side(str(b), b)
    shared = [name for name in one.cells if name in other.cells]
    if not shared:
        raise CantCompare(f"{a} and {b}: no data set and method have a result in both; give two methods of one folder")
    alone = [
        f"{d} / {m} (in {s.name})" for s, t in ((one, other), (other, one)) for d, m in s.cells if (d, m) not in t.cells
    ]
    return _compared([(f"{d} / {m}", (one, (d, m)), (other, (d, m))) for d, m in shared], alone)


def methods(root: Path, a: str, b: str) -> Comparison:
    """Two methods on the data sets that both were run on. Raises CantCompare where a label is unknown, or there is none."""
    side = Side(str(root), root)
    for label in (a, b):
        _known(side, label)
    if not (found := _shared(side, a, b)):
        raise CantCompare(f"{root}: '{a}' and '{b}' have no data set in common; run one of them on the other's")
    alone = [f"{d} / {m}" for d, m in side.cells if m in (a, b) and d not in found]
    return _compared([(d, (side, (d, a)), (side, (d, b))) for d in found], alone)


def against(root: Path, reference: str) -> dict[str, Comparison]:
    """Every other method beside one, on the data sets that both were run on. Raises CantCompare for an unknown label."""
    side = Side(str(root), root)
    shared = {m: _shared(side, reference, m) for m in _known(side, reference) if m != reference}
    return {
        m: _compared([(d, (side, (d, reference)), (side, (d, m))) for d in found], ()) for m, found in shared.items()
    }


def _known(side: Side, label: str) -> list[str]:
    known = list(dict.fromkeys(method for _, method in side.cells))
    if label not in known:
        raise CantCompare(f"{side.root}: no method '{label}' has a result; there are {', '.join(known) or 'none'}")
    return known


def _shared(side: Side, a: str, b: str) -> list[str]:
    return [d for d in dict.fromkeys(d for d, _ in side.cells) if (d, a) in side.cells and (d, b) in side.cells]


Place = tuple[Side, Name]


def _compared(pairs: Sequence[tuple[str, Place, Place]], alone: Sequence[str]) -> Comparison:
    settings: dict[tuple[str, str, str], list[str]] = {}
    effects: list[Effect] = []
    for where, (one, cell), (other, rival) in pairs:
        left, right = _settings(one.cells[cell]), _settings(other.cells[rival])
        for what in dict.fromkeys([*left, *right]):
            a, b = left.get(what, "–"), right.get(what, "–")
            if a != b:
                settings.setdefault((what, a, b), []).append(where)
        effects += _effects(where, one, cell, other, rival)
    found = (Setting(*difference, tuple(places)) for difference, places in settings.items())
    return Comparison(tuple(found), tuple(effects), tuple(alone))


def _settings(records: Sequence[store.Record]) -> dict[str, str]:
    """Everything that a person chose or that a machine is, as text."""
    found: dict[str, dict[str, None]] = {}
    for record in records:
        told: dict[str, Any] = {
            "data set": (record.get("dataset") or {}).get("call"),
            "method": (record.get("method") or {}).get("call"),
            **{f"train: {name}": value for name, value in (record.get("train") or {}).items()},
            **{name: record.get(name) for name in ("precision", "mapping", "threads", "commit", "suite_commit")},
            **{f"device: {name}": value for name, value in (record.get("device") or {}).items()},
            **{f"version: {name}": value for name, value in (record.get("versions") or {}).items()},
        }
        for name, value in told.items():
            if value is not None:
                found.setdefault(name, {})[str(value)] = None
    return {name: ", ".join(values) for name, values in found.items()}


def _effects(where: str, one: Side, cell: Name, other: Side, rival: Name) -> list[Effect]:
    names = dict.fromkeys(n for r in (*one.cells[cell], *other.cells[rival]) for n in r.get("metrics") or {})
    found = [_failures(where, one, cell, other, rival)]
    for name in names:
        known = _there(one, cell, name) and _there(other, rival, name)
        if known:
            found.append(_effect(where, name, one, cell, other, rival))
    return found


def _there(side: Side, cell: Name, name: str) -> bool:
    rows = side.evidence.frame
    return bool(((rows["dataset"] == cell[0]) & (rows["method"] == cell[1]) & (rows["name"] == name)).any())


def _effect(where: str, name: str, one: Side, cell: Name, other: Side, rival: Name) -> Effect:
    a, b = one.evidence.seed_values(name, *cell).numbers, other.evidence.seed_values(name, *rival).numbers
    middle = _middle(a, _measure(one, name, cell)), _middle(b, _measure(other, name, rival))
    seeds = len(a), len(b)
    measures = [_measure(one, name, cell), _measure(other, name, rival)]
    why = _unlike(one, cell, other, rival, name)
    if not why and not all(measure.tells for measure in measures):
        why = "can't tell real data from what is wrong"
    if why or not all(seeds):
        return Effect(where, name, *middle, seeds=seeds, why=why or "no seed has it")
    gap = shift([(measures[1].orient(b), measures[0].orient(a))], ALPHA)
    return Effect(where, name, *middle, gap.estimate, gap.low, gap.high, seeds)


def _measure(side: Side, name: str, cell: Name) -> Measure:
    found = side.evidence.meaning(name, cell[0], side.evidence.scores[name])
    return replace(found, scale="linear")  # effects are differences in the metric's own units


def _middle(values: np.ndarray, measure: Measure) -> float:
    """The median, dead seeds the worst; NaN where that is a dead one. Of a two-sided score in its own units."""
    worst = -np.inf if measure.higher_is_better else np.inf
    ranked = np.sort(np.where(np.isfinite(values), values, worst))
    if not len(ranked):
        return nan
    middle = float((ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2)
    return middle if np.isfinite(middle) else nan


def _failures(where: str, one: Side, cell: Name, other: Side, rival: Name) -> Effect:
    a, b = one.evidence.seed_values("", *cell), other.evidence.seed_values("", *rival)
    n, m = len(a.numbers), len(b.numbers)
    shares = a.failed / n if n else nan, b.failed / m if m else nan
    why = _unlike(one, cell, other, rival, "")
    if why or not (n and m):
        return Effect(where, "share of failed seeds", *shares, seeds=(n, m), why=why or "no seed came to a result")
    low, high = newcombe(a.failed, n, b.failed, m, 1 - 2 * ALPHA)
    return Effect(where, "share of failed seeds", *shares, shares[0] - shares[1], low, high, (n, m))


def _unlike(one: Side, cell: Name, other: Side, rival: Name, name: str) -> str:
    """What keeps two sides from being compared; '' where nothing does."""
    left, right = one.cells[cell], other.cells[rival]
    same = agree([spent(record) for record in (*left, *right)])
    sides = []
    for side, records in (("A", left), ("B", right)):
        for record in records:
            made: dict[str, str] = {**made_under(record), PROTOCOL: _protocol(record, name)}
            sides.append((side, {**made, BUDGET: "" if same else made[BUDGET]}))
    return "; ".join(differences(sides, ALL))


def _protocol(record: Mapping[str, Any], name: str) -> str:
    if not name:
        return outcome_protocol(record) or ""
    held = (record.get("protocols") or {}).get(name)
    return str(held.get("id") if isinstance(held, Mapping) else held or "")
