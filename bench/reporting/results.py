"""What a report reads: a folder of records, put in order.

Each record covers one cell (data set × method) and one block of seeds; blocks of the same cell are laid side by side
here. A seed's *fate* says how it ended (`stats/outcomes.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.claims import ClaimError
from bench.claims.label_patterns import named
from bench.records import store
from bench.records.in_suite import cell_name, gone_text, in_suite
from bench.records.notes import elsewhere
from bench.records.notes import notes as said_once
from bench.records.results_folder import several
from bench.records.under_way import under_way
from bench.stats.outcomes import outcome
from bench.suite.stored_suite import stored_suite
from bench.suite.yaml_lines import SuiteError


class ReportError(ValueError):
    """No report can be made of this folder: one line with the place and the remedy."""


@dataclass(frozen=True)
class Fate:
    """How one seed ended."""

    seed: int
    outcome: str  # the name of a result in stats/outcomes.py
    step: int | None = None  # of divergence or of the collapse's onset

    @property
    def dead(self) -> bool:
        """It has no final number: it ranks worst."""
        return not outcome(self.outcome).number

    @property
    def failed(self) -> bool:
        return outcome(self.outcome).failure


@dataclass(frozen=True)
class Cell:
    """One data set × method, all its blocks of seeds."""

    dataset: str
    method: str  # its label
    key: str
    records: tuple[Mapping[str, Any], ...]
    folders: tuple[Path, ...]
    fates: Mapping[int, Fate] = field(default_factory=dict)

    @property
    def failures(self) -> list[Fate]:
        return [fate for fate in self.fates.values() if fate.failed]

    @property
    def statuses(self) -> list[str]:
        return sorted({str(record["status"]) for record in self.records})

    def of(self, *path: str) -> Any:
        """The first value found at a path through the records, None where no record has one."""
        for record in self.records:
            value: Any = record
            for name in path:
                value = value.get(name) if isinstance(value, Mapping) else None
            if value is not None:
                return value
        return None


@dataclass(frozen=True, eq=False)
class Results:
    """Everything that a report is made of."""

    suite: str
    asks: str
    cells: tuple[Cell, ...]
    frame: pd.DataFrame  # scores and costs as tidy rows of bench.store.load; traces are read when they are asked for
    notes: tuple[str, ...] = ()
    only: str = ""  # the pattern that cells were chosen by

    @cached_property
    def datasets(self) -> list[str]:
        return list(dict.fromkeys(cell.dataset for cell in self.cells))

    @cached_property
    def methods(self) -> list[str]:
        return list(dict.fromkeys(cell.method for cell in self.cells))

    def within(self, covers: Callable[[str, str], bool]) -> Results:
        """Only the cells (data set, method) that are covered."""
        cells = tuple(cell for cell in self.cells if covers(cell.dataset, cell.method))
        names = {(cell.dataset, cell.method) for cell in cells}
        kept = [pair in names for pair in zip(self.frame["dataset"], self.frame["method"], strict=True)]
        return replace(self, cells=cells, frame=self.frame[np.array(kept, dtype=bool)])

    def on(self, dataset: str) -> list[Cell]:
        return self._by_dataset.get(dataset, [])

    @cached_property
    def _by_dataset(self) -> dict[str, list[Cell]]:
        found: dict[str, list[Cell]] = {}
        for cell in self.cells:
            found.setdefault(cell.dataset, []).append(cell)
        return found

    def rows(self, dataset: str, kind: str) -> pd.DataFrame:
        """Scores, traces or costs of one data set, in the suite's order."""
        if kind == "trace":
            return _traces(self, dataset)
        return self.frame[(self.frame["dataset"] == dataset) & (self.frame["kind"] == kind)]


@lru_cache(maxsize=4)  # the figures and tables of one data set follow one another
def _traces(results: Results, dataset: str) -> pd.DataFrame:
    cells = results.on(dataset)
    records = [dict(record) for cell in cells for record in cell.records]
    frame = store.load("", kinds=("trace",), found=records, compact=True)
    return _ordered(frame[frame["kind"] == "trace"], cells)


def read(folder: Path, only: str = "") -> Results:
    """Read a results folder of one suite, or its cells that a pattern chooses (`ring / GAN*`, `ring` or `GAN*`).

    Raises ReportError when it holds no record, several suites, or nothing of the pattern.
    """
    found = store.load_records(folder, deep=True)
    if not found:
        raise ReportError(f"{folder}: no results; run the suite first, or give the folder that its run wrote")
    suites = sorted({str(record["suite"]) for record in found})
    if why := several(folder, found):
        raise ReportError(why)
    try:
        kept, gone = in_suite(folder, found)
        asked = str(stored_suite(folder).get("asks") or "")
    except (SuiteError, ClaimError) as error:
        raise ReportError(str(error)) from None
    if not kept:
        raise ReportError(f"{folder}: no results of the suite that is stored there; run it, or delete the folder")
    counted = store.current(kept)
    if not counted:
        raise ReportError(f"{folder}: {elsewhere(kept)[0]}")
    latest = max(counted, key=lambda record: str(record["created"]))
    cells, notes = _cells(counted)
    if only:
        cells = [cell for cell in cells if named(cell.dataset, cell.method, only)]
        if not cells:
            raise ReportError(f"{folder}: '{only}' chooses no cell; give 'DATASET', 'METHOD' or 'DATASET / METHOD'")
    if len(counted) < len(kept):
        notes.insert(0, f"{len(kept) - len(counted)} older records, of other options or code, are left out.")
    if gone:
        notes.insert(0, f"Cells {gone_text(gone)}.")
    notes += [f"Under way, and not in this report: {one.said}." for one in under_way(folder, found)]
    notes += [f"{said[0].upper()}{said[1:]}." for said in (*elsewhere(kept), *said_once(counted))]
    records = [dict(record) for cell in cells for record in cell.records]
    frame = _ordered(store.load(folder, kinds=("score",), found=records, compact=True), cells)
    return Results(suites[0], asked or str(latest.get("asks") or ""), tuple(cells), frame, tuple(notes), only)


def _ordered(frame: pd.DataFrame, cells: list[Cell]) -> pd.DataFrame:
    """The rows of some cells, in their order."""
    place = {(cell.dataset, cell.method): k for k, cell in enumerate(cells)}
    group = frame.groupby(["dataset", "method"], sort=False, observed=True).ngroup().to_numpy()
    firsts = frame.iloc[np.unique(group, return_index=True)[1]]
    places = [place.get(name, -1) for name in zip(firsts["dataset"], firsts["method"], strict=True)]
    order = np.array(places, dtype=np.int64)[group]
    at = np.argsort(order, kind="stable")
    return frame.iloc[at[order[at] >= 0]].reset_index(drop=True)


def _cells(records: list[store.Record]) -> tuple[list[Cell], list[str]]:
    """One cell for all records of a data set and method, in the order of the records; and notes."""
    blocks: dict[tuple[str, str], list[store.Record]] = {}
    for record in records:
        blocks.setdefault(cell_name(record), []).append(record)
    cells, notes = [], []
    for (dataset, method), group in blocks.items():
        fates, twice = _fates(group)
        if twice:
            seeds = ", ".join(map(str, twice))
            notes.append(f"{dataset}, {method}: run twice, and the later run counts: seeds {seeds}.")
        folders = tuple(Path(record["folder"]) for record in group)
        cells.append(Cell(dataset, method, str(group[0]["key"]), tuple(group), folders, fates))
    return cells, notes


def _fates(records: list[store.Record]) -> tuple[dict[int, Fate], list[int]]:
    fates: dict[int, Fate] = {}
    twice = []
    for record in sorted(records, key=store.rank):
        if record["status"] not in store.RESULTS:
            continue
        for entry in record.get("seeds") or []:
            seed = int(entry["seed"])
            if seed in fates:
                twice.append(seed)
            fates[seed] = Fate(seed, *store.fate(record, entry))
    return dict(sorted(fates.items())), sorted(set(twice))
