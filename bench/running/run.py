"""From a suite file to records on disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from bench.records import store
from bench.records.stored_plan import StoredCell, write_plan
from bench.running import machine
from bench.running.cells import Cell
from bench.running.executors.base import Executor, Listener, find
from bench.running.plan import CantRun, Plan, plan
from bench.running.progress import listener
from bench.running.seed_block import Job, about
from bench.stats.outcomes import SKIPPED
from bench.suite.load import load_suite
from bench.suite.suite import Suite


def prepare(path: Path, steps: int | None = None, night: date | None = None) -> Suite:
    """The suite of a file, of a night; with `steps`, its smoke version, whose results lie in a folder of their own."""
    suite = load_suite(path, night)
    if steps is None:
        return suite
    asked = tuple(replace(one, train=replace(one.train, steps=steps)) for one in suite.experiments)
    train = replace(suite.train, steps=steps)
    return replace(suite, name=f"{suite.name}-steps{steps}", train=train, experiments=asked)


def execute(plan: Plan, suite: Suite, executor: Executor, listener: Listener) -> None:
    """Do what a plan asks for; whatever happens, what was finished is on disk. Passes KeyboardInterrupt on."""
    store.write_atomically(plan.root / "suite.yaml", lambda draft: shutil.copyfile(suite.path, draft))
    asked = {
        (c.dataset.label, c.method.label): StoredCell(c.key, k, c.experiments, c.skip) for k, c in enumerate(plan.asked)
    }
    write_plan(plan.root, suite.seeds, asked)
    for cell in plan.cells:
        if cell.skip and not any(_says(record, cell) for record in plan.records):
            record = about(Job(cell, (), plan.root)) | {"status": SKIPPED.name, "reason": cell.skip, "seeds": []}
            store.commit(plan.root, cell.folder, record)
    try:
        executor.run(plan.jobs, listener)
    finally:
        store.refresh_csv(plan.root)


def _says(record: store.Record, cell: Cell) -> bool:
    return bool(record["key"] == cell.key and record["status"] == SKIPPED.name and record["reason"] == cell.skip)


def run(path: str | Path, out: str | Path = "results", **options: Any) -> Path:
    """Run a suite and return the folder of its results: `bench.run("suites/toys.yaml")`.

    Options: device, slots, seeds, night, only, force, steps, executor, quiet, as `bench run` has them.
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
    night: date | None = None,
    only: str = "*",
    force: bool = False,
    steps: int | None = None,
    executor: str = "local",
    quiet: bool = False,
    announce: Callable[[Plan], None] = lambda plan: None,
) -> tuple[Path, bool]:
    """Run a suite; returns the folder of its results and whether every block came to a result."""
    device = machine.choose(device)
    worker = find(executor)(slots or (1 if device.startswith("cuda") else machine.cores()))
    suite = prepare(path, steps, night)
    if why := store.unwritable(out / suite.name):
        raise CantRun(f"{out / suite.name}: results can't be written there: {why}; choose another folder with --out")
    todo = plan(suite, out, device, seeds=seeds, only=only, force=force)
    announce(todo)
    with listener(todo.jobs, quiet=quiet) as told:
        execute(todo, suite, worker, told)
    return todo.root, not told.incomplete
