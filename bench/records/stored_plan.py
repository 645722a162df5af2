"""`plan.json` beside the records of a suite: the cells and the seeds that it asks for, as its plugins made them.

The text of a suite says it too, but a grid or a pattern is known to its plugins alone: what is missing can be told only
from the cells themselves. Folders of before 0.2 have none.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.records.atomically import write_atomically
from bench.records.strict_json import read_json

FILE = "plan.json"
UNREAD = "it can't be read, and is passed over; the next run makes it anew"
Name = tuple[str, str]  # data set, method


@dataclass(frozen=True)
class StoredCell:
    """One cell as the suite asked for it when it was run last."""

    key: str
    place: int  # in the suite's order
    experiments: tuple[str, ...] = ()  # labels of those that share it
    skip: str | None = None  # why it is left out


@dataclass(frozen=True)
class StoredPlan:
    """Everything that a suite asks for."""

    seeds: tuple[int, ...]
    cells: Mapping[Name, StoredCell] = field(default_factory=dict)
    folder: str | None = None  # of the suite's own code and samples, from the records; None where it has none

    def holds(self, dataset: str, method: str) -> bool:
        """Whether the suite asks for a cell."""
        return (dataset, method) in self.cells

    def skips(self, dataset: str, method: str) -> bool:
        """Whether it leaves a cell out, with a reason."""
        return self.cells[dataset, method].skip is not None if self.holds(dataset, method) else False

    def rank(self, dataset: str, method: str) -> tuple[object, ...]:
        """What sorts cells into the suite's order; what it does not ask for comes last, by its label."""
        place = self.cells[dataset, method].place if self.holds(dataset, method) else len(self.cells)
        return (place, dataset, method)

    def asked(self) -> list[Name]:
        """The cells that are to be run."""
        return [name for name, cell in self.cells.items() if cell.skip is None]


def write_plan(root: Path, seeds: Sequence[int], cells: Mapping[Name, StoredCell], folder: Path | None = None) -> None:
    """Keep what a suite asks for beside its records; and where its own code and samples lie, if it has some."""
    listed = [
        {"dataset": d, "method": m, "key": c.key, "experiments": list(c.experiments), "skip": c.skip}
        for (d, m), c in sorted(cells.items(), key=lambda item: item[1].place)
    ]
    held: dict[str, Any] = {"seeds": list(seeds), "cells": listed}
    if folder is not None:
        held["folder"] = os.path.relpath(folder, root)
    text = json.dumps(held, indent=1) + "\n"
    write_atomically(root / FILE, lambda draft: draft.write_text(text, encoding="utf-8"))


def read_plan(root: Path) -> StoredPlan | None:
    """What lies beside some records; None where nothing does, or, with a warning, nothing that can be read."""
    if not (root / FILE).exists():
        return None
    try:
        held: Any = read_json(root / FILE)
        cells = {
            (str(c["dataset"]), str(c["method"])): StoredCell(str(c["key"]), k, tuple(c["experiments"]), c["skip"])
            for k, c in enumerate(held["cells"])
        }
        folder = held.get("folder")
        return StoredPlan(tuple(map(int, held["seeds"])), cells, None if folder is None else str(folder))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        warnings.warn(f"{root / FILE}: {UNREAD}", stacklevel=2)
        return None
