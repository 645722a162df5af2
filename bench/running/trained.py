"""Engines of methods that were trained before, so that what records keep can be looked at: for samples and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from bench.data.base import Data
from bench.records.status import pretrained
from bench.running.cells import Cell, cells
from bench.running.job import Job, engine_of
from bench.running.plan import CantRun
from bench.running.suite_beside import suite_beside
from bench.running.tuning import as_tuned
from bench.suite.yaml_lines import SuiteError
from bench.training.engine import Engine

PrecisionWord = Literal["float32", "float64", "tf32", "bfloat16"]


class Trained:
    """The methods of a folder of results, results/<suite>, as the suite beside the records and today's code build them."""

    def __init__(self, root: Path, device: str = "cpu") -> None:
        self.root, self.device = root, device
        self._data: dict[str, Data] = {}

    @cached_property
    def _cells(self) -> dict[str, Cell] | str:
        """By key; or why the suite can't be read."""
        try:
            root = self.root.resolve()
            found = cells(as_tuned(suite_beside(root), root.parent, self.device), self.device)
        except (CantRun, SuiteError) as error:
            return str(error)
        return {cell.key: cell for cell in found}

    def cell(self, record: Mapping[str, Any]) -> Cell:
        """The cell of a record. Raises CantRun where other code, data or options trained it, or on another kind of device."""
        if isinstance(self._cells, str):
            raise CantRun(self._cells)
        kind = str((record.get("device") or {}).get("kind") or self.device)
        if kind != self.device.partition(":")[0]:
            raise CantRun(f"was trained on {kind}, and can be built again there only")
        if (cell := self._cells.get(str(record["key"]))) is None:
            raise CantRun("was trained by other code, on other data or with other options than the suite beside it has")
        return cell

    def engine(self, record: Mapping[str, Any], seeds: Sequence[int], precision: PrecisionWord | None = None) -> Engine:
        """The engine of a record for some seeds, in the precision that it was trained in unless told. Raises CantRun."""
        if pretrained(record):
            raise CantRun("was trained elsewhere, and nothing but its samples is known")
        cell = self.cell(record)
        if precision:
            cell = replace(cell, train=replace(cell.train, precision=precision))
        job = Job(cell, tuple(seeds), self.root, self.device)
        label = cell.dataset.label
        if label not in self._data:
            self._data[label] = cell.dataset.source.load()
        return engine_of(job, self._data[label], str(record["mapping"]))
