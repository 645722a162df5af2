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
from bench.suite.space import of_trials
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

    @property
    def said(self) -> str:
        """`4 cells (1 skipped); 6 seeds there, 12 to run in 2 blocks`."""
        skipped, waits = (sum(map(bool, held)) for held in zip(*((c.skip, c.waits) for c in self.cells), strict=True))
        waiting = f", {waits} without a setting" * (waits > 0)
        return f"{len(self.cells)} cells ({skipped} skipped{waiting}); {to_run(self.settled, self.jobs)}"


def to_run(settled: int, jobs: Sequence[Job]) -> str:
    """`6 seeds there, 12 to run in 2 blocks`."""
    return f"{settled} seeds there, {sum(len(job.seeds) for job in jobs)} to run in {len(jobs)} blocks"


def plan(
    suite: Suite,
    out: Path,
    device: str = "cpu",
    *,
    seeds: Sequence[int] = (),
    only: str = "*",
    force: bool = False,
    waiting: bool = False,
) -> Plan:
    """Check a suite against its data and see which blocks are missing. Raises SuiteError, CantRun and NothingSelected.

    `only` is a pattern for `data set / method`, for either of the two, or for an experiment. `force` runs again what is there.
    A cell that waits for its trials has no blocks yet; with `waiting`, those that it will have, to be counted and timed.
    """
    if suite.tune and (mine := of_trials(seeds)):
        raise CantRun(f"{suite.path}: seed {mine[0]} belongs to the trials of 'tune': give other seeds")
    root = out / suite.name
    every = cells(suite, device)
    picked = [cell for cell in every if chosen(cell.dataset.label, cell.method.label, only, cell.experiments)]
    if not picked:
        raise NothingSelected(suite.path, only)
    found = store.load_records(root) if root.is_dir() else []
    commit, jobs, settled = machine.commit(), [], 0
    for cell in picked:
        if cell.skip or (cell.waits and not waiting):
            continue
        there = set() if force else settled_seeds(cell, found)
        todo = [seed for seed in seeds or suite.seeds if seed not in there]
        settled += len(seeds or suite.seeds) - len(todo)
        jobs += blocks(cell, todo, root, device, commit)
    pace = costs.paces(found)
    jobs.sort(key=lambda job: costs.estimate(job, pace), reverse=True)  # stable: unknown ones keep the suite's order
    return Plan(root, tuple(picked), tuple(jobs), settled, tuple(found), tuple(every))


def blocks(cell: Cell, seeds: Sequence[int], root: Path, device: str, commit: str | None) -> list[Job]:
    """The seeds of a cell as blocks that are trained together."""
    lanes = cell.train.lanes or LANES.get(device.partition(":")[0], 16)
    return [Job(cell, block, root, device, commit) for block in split_evenly(seeds, lanes)]


def split_evenly(seeds: Sequence[int], most: int) -> list[tuple[int, ...]]:
    """The fewest blocks of at most so many seeds, as equal as can be: 20 by 16 are 10 and 10, which two slots end together."""
    count, n = -(-len(seeds) // most), len(seeds)
    return [tuple(seeds[n * k // count : n * (k + 1) // count]) for k in range(count)]


def chosen(dataset: str, method: str, only: str, experiments: Sequence[str] = ()) -> bool:
    """Whether a pattern names a cell, `data set / method` or either of the two; or an experiment, by its whole label."""
    pattern = only.replace("[", "[[]")
    return only in experiments or any(fnmatchcase(name, pattern) for name in (f"{dataset} / {method}", dataset, method))


def settled_seeds(cell: Cell, found: Sequence[store.Record]) -> set[int]:
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
