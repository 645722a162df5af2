"""What a cell was run with, then and now: options, training, versions, device and code, as pairs that differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from bench.gate.baseline import Baseline
from bench.records.store import Record

Facts: TypeAlias = Mapping[str, Any]  # "gan.lr" -> 0.002, "steps" -> 1000, "torch" -> "2.11.0", "code" -> "9f3a…"
Changes: TypeAlias = tuple[tuple[str, str, str], ...]  # (what, then, now)
TRAIN = ("steps", "batch", "evaluate_every", "precision", "mapping")
SHORT = 7  # characters of a commit
NONE = "–"


class Cell(NamedTuple):
    """One method on one data set: what a confirmation runs again."""

    dataset: str
    method: str


def facts(records: Iterable[Record]) -> dict[Cell, dict[str, Any]]:
    """Of every cell, what its records say that it was run with; where they differ, all that they say."""
    found: dict[Cell, dict[str, Any]] = {}
    for record in sorted(records, key=lambda r: str(r.get("created"))):
        cell = found.setdefault(Cell(str(record["dataset"]["label"]), str(record["method"]["label"])), {})
        for name, value in _of(record).items():
            cell[name] = value if cell.get(name, value) == value else _both(cell[name], value)
    return found


def changed(baseline: Baseline, now: Mapping[Cell, Facts]) -> dict[Cell, Changes]:
    """What differs in each cell. A baseline of before 0.2 knows no options: versions, machine and commit only."""
    then = {Cell(d, m): known for d, methods in baseline.cells.items() for m, known in methods.items()}
    return {cell: differences(then.get(cell) or _provenance(baseline), today) for cell, today in now.items()}


def differences(then: Facts, now: Facts) -> Changes:
    """(what, then, now), in the order of `now`. Only where both sides know the code are absent options a difference.

    The commit is told where the code differs or where its hash is unknown: a commit that touched no code that the cell
    runs is no change.
    """
    whole = "code" in then and "code" in now
    names = [*now, *(name for name in then if name not in now)] if whole else [name for name in now if name in then]
    differ = [name for name in names if then.get(name) != now.get(name)]
    if whole and "code" not in differ:
        differ = [name for name in differ if name != "commit"]
    pairs = [(name, then.get(name), now.get(name)) for name in differ if name != "code"]
    if "code" in differ and "commit" not in differ:
        pairs.append(("code", str(then["code"])[:SHORT], str(now["code"])[:SHORT]))
    named = {"commit": "code at commit" if whole else "commit"}
    return tuple((named.get(name, name), _text(name, a), _text(name, b)) for name, a, b in pairs)


def line(changes: Changes) -> str:
    """gan.lr 0.002 → 0.01, torch 2.10.0 → 2.11.0, code at commit 607a70c → e8ec8de"""
    return ", ".join(f"{what} {then} → {now}" for what, then, now in changes)


def _of(record: Record) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for part in (*record["method"].get("options", ()), record["dataset"]):
        word, count = str(part.get("word")), 1
        while f"{word}{'' if count == 1 else count}" in out:  # two equal stabilizers
            count += 1
        name = f"{word}{'' if count == 1 else count}"
        out[name] = True
        out |= {f"{name}.{option}": value for option, value in (part.get("options") or {}).items()}
    train, versions = record.get("train") or {}, record.get("versions") or {}
    out |= {f"train.{name}": train[name] for name in TRAIN if name in train}
    out |= {name: versions[name] for name in ("torch", "numpy", "python") if name in versions}
    device = record.get("device") or {}
    out |= {"device": f"{device.get('kind')} {device.get('name')}"} if device else {}
    out |= {name: record[name] for name in ("commit", "code") if record.get(name)}
    return out


def _provenance(baseline: Baseline) -> dict[str, Any]:
    """What an old header says of all cells at once, where it says one thing."""
    known = baseline.provenance
    several = {**(known.get("versions") or {}), "commit": known.get("commits") or ()}
    return {name: found[0] for name, found in several.items() if len(found) == 1}


def _both(one: object, other: object) -> str:
    return ", ".join(dict.fromkeys([*str(one).split(", "), str(other)]))


def _text(name: str, value: object) -> str:
    if value is None:
        return NONE
    if value is True and "." not in name:  # a stabilizer
        return "used"
    if name == "commit":
        return str(value)[:SHORT]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
