"""What of a suite is still to do, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from bench.records import store
from bench.running import costs, machine
from bench.running.cells import Cell, cells
from bench.running.seed_block import Job
from bench.stats.outcomes import TIMEOUT
from bench.suite.suite import Suite

LANES = {"cpu": 16, "cuda": 128}  # seeds trained together, where the suite does not say


class CantRun(ValueError):
    """A run that can't begin: one line with the remedy."""


class NothingSelected(CantRun):
    """A pattern that no cell of a suite fits."""

    def __init__(self, suite: Path, only: str) -> None:
        super().__init__(
            f"{suite}: no cell is called '{only}' (cells are called 'data set / method'): nothing selected"
        )


@dataclass(frozen=True)
class Plan:
    """What a suite asks for, and what of it is still to be done."""

    root: Path  # results/<suite>
    cells: tuple[Cell, ...]  # those that were chosen
    jobs: tuple[Job, ...]  # the longest first
    settled: int  # seeds of cells that are there already
    records: tuple[store.Record, ...]
    asked: tuple[Cell, ...] = ()  # every cell of the suite


def plan(
    suite: Suite, out: Path, device: str = "cpu", *, seeds: Sequence[int] = (), only: str = "*", force: bool = False
) -> Plan:
    """Check a suite against its data and see which blocks are missing. Raises SuiteError, CantRun and NothingSelected.

    `only` is a pattern for `data set / method`, for either of the two, or for an experiment. `force` runs again what is there.
    """
    root = out / suite.name
    every = cells(suite, device)
    picked = [cell for cell in every if chosen(cell.dataset.label, cell.method.label, only, cell.experiments)]
    if not picked:
        raise NothingSelected(suite.path, only)
    found = store.load_records(root) if root.is_dir() else []
    commit, jobs, settled = machine.commit(), [], 0
    for cell in picked:
        if cell.skip:
            continue
        there = set() if force else _settled(cell, found)
        todo = [seed for seed in seeds or suite.seeds if seed not in there]
        settled += len(seeds or suite.seeds) - len(todo)
        lanes = cell.train.lanes or LANES.get(device.partition(":")[0], 16)
        jobs += [Job(cell, block, root, device, commit) for block in split_evenly(todo, lanes)]
    pace = costs.paces(found)
    jobs.sort(key=lambda job: costs.estimate(job, pace), reverse=True)  # stable: unknown ones keep the suite's order
    return Plan(root, tuple(picked), tuple(jobs), settled, tuple(found), tuple(every))


def split_evenly(seeds: Sequence[int], most: int) -> list[tuple[int, ...]]:
    """The fewest blocks of at most so many seeds, as equal as can be: 20 by 16 are 10 and 10, which two slots end together."""
    count, n = -(-len(seeds) // most), len(seeds)
    return [tuple(seeds[n * k // count : n * (k + 1) // count]) for k in range(count)]


def chosen(dataset: str, method: str, only: str, experiments: Sequence[str] = ()) -> bool:
    """Whether a pattern names a cell, `data set / method` or either of the two; or an experiment, by its whole label."""
    pattern = only.replace("[", "[[]")
    return only in experiments or any(fnmatchcase(name, pattern) for name in (f"{dataset} / {method}", dataset, method))


def _settled(cell: Cell, found: Sequence[store.Record]) -> set[int]:
    """The seeds that need not be run again; a longer time limit is another chance for those that were cut short.

    So is every run for those of which a metric or a probe broke: what it needs may be there now.
    """
    return {
        entry["seed"]
        for record in found
        if record["key"] == cell.key
        and (record["dataset"]["label"], record["method"]["label"]) == (cell.dataset.label, cell.method.label)
        and store.settled(record)
        and not (record["status"] == TIMEOUT.name and (cell.timeout or float("inf")) > (record.get("timeout") or 0))
        for entry in record["seeds"]
    }
