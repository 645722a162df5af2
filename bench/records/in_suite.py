"""Which records the suite beside them still asks for, in its order: a method that was taken out of it is no rival."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from bench.records.store import Record
from bench.records.stored_plan import StoredPlan, read_plan
from bench.stats.outcomes import SKIPPED
from bench.suite.stored_cells import StoredCells, stored_cells
from bench.suite.stored_suite import StoredExperiment, stored_suite

Name = tuple[str, str]  # data set, method


def cells_of(root: Path) -> StoredPlan | StoredCells:
    """What the suite beside some records asks for: its plan, or what can be told from its text.

    Raises SuiteError or ClaimError where that can't be read.
    """
    return read_plan(root) or stored_cells(stored_suite(root))


def in_experiment(root: Path, one: StoredExperiment, variants: Sequence[str]) -> Callable[[str, str], bool]:
    """Whether a cell belongs to an experiment: as the plan says, or what can be told from the suite's text."""
    plan = read_plan(root)
    if plan is None:
        return lambda dataset, method: one.covers(dataset, method, variants)
    return lambda d, m: plan.holds(d, m) and one.label in plan.cells[d, m].experiments


def cell_name(record: Record) -> Name:
    return str(record["dataset"]["label"]), str(record["method"]["label"])


def in_suite(root: Path, found: Sequence[Record]) -> tuple[list[Record], list[Name]]:
    """The records of the suite's cells in its order, and the cells that are no longer in it.

    Of a cell that the suite skips only the record that says so is kept. Everything is kept where no suite is stored.
    Within a cell the order stays.
    """
    asked = cells_of(root)
    kept, gone = [], set()
    for record in found:
        name = cell_name(record)
        if asked.holds(*name) and (record["status"] == SKIPPED.name or not asked.skips(*name)):
            kept.append(record)
        else:
            gone.add(name)
    return sorted(kept, key=lambda record: asked.rank(*cell_name(record))), sorted(gone)


def gone_text(gone: Sequence[Name]) -> str:
    """`left out, no longer in the suite: GAN (ring, grid)`; empty where nothing is."""
    by_method: dict[str, list[str]] = {}
    for dataset, method in gone:
        by_method.setdefault(method, []).append(dataset)
    told = "; ".join(f"{method} ({', '.join(datasets)})" for method, datasets in by_method.items())
    return f"left out, no longer in the suite: {told}" if told else ""
