"""From a suite file to records on disk: what is still to do, in which order, and how it ended."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from bench import costs, machine, store
from bench.cells import Cell, cells
from bench.executors.base import Executor, Listener
from bench.suite import Suite, SuiteError, load_suite
from bench.work import Job, about

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
    cells: tuple[Cell, ...]
    jobs: tuple[Job, ...]  # the longest first
    settled: int  # seeds of cells that are there already
    records: tuple[store.Record, ...]


def plan(
    suite: Suite, out: Path, device: str = "cpu", *, seeds: Sequence[int] = (), only: str = "*", force: bool = False
) -> Plan:
    """Check a suite against its data and see which blocks are missing. Raises SuiteError, CantRun and NothingSelected.

    `only` is a pattern for `data set / method`, or for either of the two. `force` runs again what is there.
    """
    root = out / suite.name
    picked = [cell for cell in cells(suite, device) if chosen(cell.dataset.label, cell.method.label, only)]
    if not picked:
        raise NothingSelected(suite.path, only)
    found = store.records(root) if root.is_dir() else []
    commit, jobs, settled = machine.commit(), [], 0
    for cell in picked:
        if cell.skip:
            continue
        there = set() if force else _settled(cell, found)
        todo = [seed for seed in seeds or suite.seeds if seed not in there]
        settled += len(seeds or suite.seeds) - len(todo)
        lanes = cell.train.lanes or LANES.get(device.partition(":")[0], 16)
        jobs += [Job(cell, block, root, device, commit) for block in evenly(todo, lanes)]
    pace = costs.paces(found)
    jobs.sort(key=lambda job: costs.estimate(job, pace), reverse=True)  # stable: unknown ones keep the suite's order
    return Plan(root, tuple(picked), tuple(jobs), settled, tuple(found))


def evenly(seeds: Sequence[int], most: int) -> list[tuple[int, ...]]:
    """The fewest blocks of at most so many seeds, as equal as can be: 20 by 16 are 10 and 10, which two slots end together."""
    count, n = -(-len(seeds) // most), len(seeds)
    return [tuple(seeds[n * k // count : n * (k + 1) // count]) for k in range(count)]


def chosen(dataset: str, method: str, only: str) -> bool:
    """Whether a pattern names a cell: `data set / method`, or either of the two."""
    pattern = only.replace("[", "[[]")
    return any(fnmatchcase(name, pattern) for name in (f"{dataset} / {method}", dataset, method))


def _settled(cell: Cell, found: Sequence[store.Record]) -> set[int]:
    """The seeds that need not be run again; a longer time limit is another chance for those that were cut short."""
    return {
        entry["seed"]
        for record in found
        if record["key"] == cell.key
        and (record["dataset"]["label"], record["method"]["label"]) == (cell.dataset.label, cell.method.label)
        and record["status"] in store.SETTLED
        and not (record["status"] == "timeout" and (cell.timeout or float("inf")) > (record.get("timeout") or 0))
        for entry in record["seeds"]
    }


def prepare(path: Path, steps: int | None = None) -> Suite:
    """The suite of a file; with `steps`, its smoke version, whose results lie in a folder of their own."""
    suite = load_suite(path)
    if steps is None:
        return suite
    return replace(suite, name=f"{suite.name}-steps{steps}", train=replace(suite.train, steps=steps))


def execute(plan: Plan, suite: Suite, executor: Executor, listener: Listener) -> None:
    """Do what a plan asks for; whatever happens, what was finished is on disk. Passes KeyboardInterrupt on."""
    store.write_atomically(plan.root / "suite.yaml", lambda draft: shutil.copyfile(suite.path, draft))
    for cell in plan.cells:
        if cell.skip and not any(_says(record, cell) for record in plan.records):
            record = about(Job(cell, (), plan.root)) | {"status": "skipped", "reason": cell.skip, "seeds": []}
            store.commit(plan.root, cell.folder, record)
    try:
        executor.run(plan.jobs, listener)
    finally:
        store.refresh_csv(plan.root)


def _says(record: store.Record, cell: Cell) -> bool:
    return bool(record["key"] == cell.key and record["status"] == "skipped" and record["reason"] == cell.skip)


def run(path: str | Path, out: str | Path = "results", **options: Any) -> Path:
    """Run a suite and return the folder of its results: `bench.run("suites/toys.yaml")`.

    Options: device, slots, seeds, only, force, steps, executor, quiet, as `bench run` has them.
    Raises SuiteError, CantRun, and NoDevice or NoExecutor.
    """
    root, _ = start(Path(path), Path(out), **options)
    return root


def start(
    path: Path,
    out: Path,
    *,
    device: str = "auto",
    slots: int = 0,
    seeds: Sequence[int] = (),
    only: str = "*",
    force: bool = False,
    steps: int | None = None,
    executor: str = "local",
    quiet: bool = False,
    announce: Callable[[Plan], None] = lambda plan: None,
) -> tuple[Path, bool]:
    """Run a suite; returns the folder of its results and whether every block came to a result."""
    from bench.executors.base import find
    from bench.progress import listener

    device = machine.choose(device)
    worker = find(executor)(slots or (1 if device.startswith("cuda") else machine.cores()))
    suite = prepare(path, steps)
    if why := store.unwritable(out / suite.name):
        raise CantRun(f"{out / suite.name}: results can't be written there: {why}; choose another folder with --out")
    todo = plan(suite, out, device, seeds=seeds, only=only, force=force)
    announce(todo)
    with listener(todo.jobs, quiet=quiet) as told:
        execute(todo, suite, worker, told)
    return todo.root, not told.incomplete


__all__ = ["CantRun", "Plan", "SuiteError", "execute", "plan", "prepare", "run", "start"]
