"""Which records count: those of the setting that the suite beside them asks for, and of several runs of it the newest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.records.status import RESULTS, Record
from bench.records.stored_plan import StoredPlan, read_plan

Cell = tuple[str, str, str]  # suite, data set, method


def current(found: Sequence[Record]) -> list[Record]:
    """The records that count, oldest first: of each cell those of the key that the plan beside them names, whenever they were
    made; where no plan knows the cell those of its newest key, results before failures."""
    newest: dict[Cell, Record] = {}
    asked = _asked(found)
    for record in asked:
        held = newest.get(_cell(record))
        if held is None or _rank(record) >= _rank(held):
            newest[_cell(record)] = record
    return [record for record in asked if newest[_cell(record)]["key"] == record["key"]]


def other_settings(found: Sequence[Record]) -> list[Record]:
    """The records of cells of which all that is there was run under another setting than the plan's."""
    known = {_cell(record) for record in _asked(found)}
    return [record for record in found if _cell(record) not in known]


def _asked(found: Sequence[Record]) -> list[Record]:
    plans: dict[Path, StoredPlan | None] = {}
    kept = []
    for record in found:
        _, dataset, method = _cell(record)
        root = Path(record["folder"]).parents[2] if len(Path(record.get("folder") or "").parents) > 2 else None
        if root is not None and root not in plans:
            plans[root] = read_plan(root)
        plan = None if root is None else plans[root]
        if plan is None or not plan.holds(dataset, method) or plan.cells[dataset, method].key == record["key"]:
            kept.append(record)
    return kept


def _cell(record: Record) -> Cell:
    return record["suite"], record["dataset"]["label"], record["method"]["label"]


def _rank(record: Record) -> tuple[bool, str]:
    return record["status"] in RESULTS, str(record["created"])
