"""What of a suite is still to do, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.claims.label_patterns import named
from bench.records import store
from bench.running import costs
from bench.running.cells import Cell, cells, without_samples
from bench.running.job import Job
from bench.running.provenance import Commits, commits
from bench.running.scoring import lacking, scorable
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
    seeds: tuple[int, ...] = ()  # of each of the cells that were chosen

    @property
    def said(self) -> str:
        """`4 cells (1 skipped); 6 seeds there, 12 to run in 2 blocks`."""
        skipped, waits = (sum(map(bool, held)) for held in zip(*((c.skip, c.waits) for c in self.cells), strict=True))
        waiting = f", {waits} without a setting" * (waits > 0)
        return f"{len(self.cells)} cells ({skipped} skipped{waiting}); {to_run(self.settled, self.jobs)}"


def to_run(settled: int, jobs: Sequence[Job]) -> str:
    """`6 seeds there, 12 to run in 2 blocks`."""
    return f"{settled} seeds there, {sum(len(job.seeds) for job in jobs)} to run in {counted(len(jobs), 'block')}"


def counted(count: int, what: str) -> str:
    """`1 block`, `2 blocks`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def plan(
    suite: Suite,
    out: Path,
    device: str = "cpu",
    *,
    seeds: Sequence[int] = (),
    only: str = "*",
    force: bool = False,
    waiting: bool = False,
    alone: tuple[str, str] | None = None,
) -> Plan:
    """Check a suite against its data and see which blocks are missing. Raises SuiteError, CantRun and NothingSelected.

    `only` is a pattern for `data set / method`, for either of the two, or for an experiment. `force` runs again what is there.
    `alone`: one cell and no other. A cell that waits for its trials has no blocks yet; with `waiting`, those that it will have,
    to be counted and timed.
    """
    if suite.tune and (mine := of_trials(seeds)):
        raise CantRun(f"{suite.path}: seed {mine[0]} belongs to the trials of 'tune': give other seeds")
    root = out / suite.name
    every = cells(suite, device, others=bool(seeds))
    picked = [cell for cell in every if chosen(cell.dataset.label, cell.method.label, only, cell.experiments)]
    if not picked:
        raise NothingSelected(suite.path, only)
    if alone is not None:
        picked = [cell for cell in picked if (cell.dataset.label, cell.method.label) == alone]
    if why := next(filter(None, (without_samples(cell, seeds) for cell in picked)), None) if seeds else None:
        raise CantRun(f"{suite.path}: {why}")
    found = store.load_records(root, deep=True) if root.is_dir() else []
    at, jobs, settled = commits(suite), [], 0
    for cell in picked:
        if cell.skip or (cell.waits and not waiting):
            continue
        there, scored = (set(), []) if force else seen(cell, found)
        todo = [seed for seed in seeds or suite.seeds if seed not in there]
        settled += len(seeds or suite.seeds) - len(todo)
        jobs += blocks(cell, todo, root, device, at)
        jobs += [again(cell, record, root, device, at) for record in scored]
    pace = costs.paces(found)
    jobs.sort(key=lambda job: costs.estimate(job, pace), reverse=True)  # stable: unknown ones keep the suite's order
    return Plan(root, tuple(picked), tuple(jobs), settled, tuple(found), tuple(every), tuple(seeds or suite.seeds))


def blocks(cell: Cell, seeds: Sequence[int], root: Path, device: str, at: Commits) -> list[Job]:
    """The seeds of a cell as blocks that are trained together."""
    lanes = cell.train.lanes or LANES.get(device.partition(":")[0], 16)
    return [Job(cell, block, root, device, at) for block in split_evenly(seeds, lanes)]


def split_evenly(seeds: Sequence[int], most: int) -> list[tuple[int, ...]]:
    """The fewest blocks of at most so many seeds, as equal as can be: 20 by 16 are 10 and 10, which two slots end together."""
    count, n = -(-len(seeds) // most), len(seeds)
    return [tuple(seeds[n * k // count : n * (k + 1) // count]) for k in range(count)]


def chosen(dataset: str, method: str, only: str, experiments: Sequence[str] = ()) -> bool:
    """Whether a pattern names a cell, `data set / method` or either of the two; or an experiment, by its whole label."""
    return only in experiments or named(dataset, method, only)


def seen(cell: Cell, found: Sequence[store.Record]) -> tuple[set[int], list[store.Record]]:
    """The seeds that need not be trained again, and those of their records that are to be scored by what they lack.

    A longer time limit is another chance for seeds that were cut short. So is every run for those of which a probe broke,
    and for those that lack a metric which can't be had from the weights that are kept: what it needs may be there now.
    """
    settled, score = set(), dict[str, store.Record]()
    for seed, record in best(cell, found).items():
        if record["status"] not in store.SETTLED or record.get("probe_errors"):
            continue
        if record["status"] == TIMEOUT.name and (cell.timeout or float("inf")) > (record.get("timeout") or 0):
            continue
        if record["status"] in store.RESULTS and lacking(cell, record):
            if not scorable(cell, record):
                continue
            score[record["folder"]] = record
        settled.add(seed)
    return settled, list(score.values())


def best(cell: Cell, found: Sequence[store.Record]) -> dict[int, store.Record]:
    """The record that counts of each seed of a cell: a result before a failure, a whole one before others, then the newest."""
    name = (cell.dataset.label, cell.method.label)
    mine = [r for r in found if r["key"] == cell.key and (r["dataset"]["label"], r["method"]["label"]) == name]
    return {entry["seed"]: record for record in sorted(mine, key=store.rank) for entry in record["seeds"]}


def again(cell: Cell, record: store.Record, root: Path, device: str, at: Commits) -> Job:
    """The job that scores a record by what it lacks."""
    return Job(cell, tuple(entry["seed"] for entry in record["seeds"]), root, device, at, Path(record["folder"]))
