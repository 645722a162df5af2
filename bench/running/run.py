"""From a suite file to records on disk."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from bench.plugins import own_code
from bench.records import store, tuned
from bench.records.stored_plan import StoredCell, write_plan
from bench.running import machine
from bench.running.cells import Cell, remarked
from bench.running.executors.base import Executor, Listener, find
from bench.running.job import Job, about
from bench.running.leftovers import remove_finished
from bench.running.owner import owned
from bench.running.plan import CantRun, Plan, counted, plan
from bench.running.progress import listener
from bench.running.tuning import Tuning, never_working, tune, tuned_suite, tuning, waiting
from bench.running.unfinished import unfinished
from bench.running.watchers import base as watchers
from bench.running.watching import watching
from bench.stats.outcomes import SKIPPED
from bench.suite import stored_suite
from bench.suite.load import load_suite
from bench.suite.suite import Suite, Train
from bench.training.pretrained import Pretrained

Announce = Callable[[str], None]  # is told what is about to be run, in a line


def prepare(
    path: Path | Suite, steps: int | None = None, night: date | None = None, folder: Path | None = None
) -> Suite:
    """The suite of a file, of a night, or one that is loaded; with `steps`, its smoke version, whose results lie in a folder
    of their own. `folder` is that of its own code, where the file is a copy. Raises SuiteError and CantRun."""
    if isinstance(path, Suite) and night is not None:
        raise CantRun(f"{path.path}: its seeds are known; of a night it is 'load_suite(path, night)'")
    suite = path if isinstance(path, Suite) else load_suite(path, night, folder)
    if steps is None:
        return suite
    asked = tuple(replace(one, train=_of_steps(one.train, steps)) for one in suite.experiments)
    tune = replace(suite.tune, trains={}) if suite.tune else None
    name, train = f"{suite.name}-steps{steps}", _of_steps(suite.train, steps)
    return replace(suite, name=name, train=train, experiments=asked, tune=tune)


def _of_steps(train: Train, steps: int) -> Train:
    """So many steps in place of a budget, in whose currency evaluations are counted too."""
    other: dict[str, Any] = {} if train.budget is None else {"budget": None, "evaluate_every": 0}
    try:
        return replace(train, steps=steps, **other)
    except ValueError as error:
        raise CantRun(f"--steps: {error}") from error


def execute(plan: Plan, suite: Suite, executor: Executor, listener: Listener) -> None:
    """Do what a plan asks for; whatever happens, what was finished is on disk. Passes KeyboardInterrupt on."""
    remove_finished(plan.root, plan.records, [job.checkpoint for job in plan.jobs])
    store.write_atomically(plan.root / stored_suite.FILE, lambda draft: _keep(suite, draft))
    asked = {
        (c.dataset.label, c.method.label): StoredCell(c.key, k, c.experiments, c.skip) for k, c in enumerate(plan.asked)
    }
    write_plan(plan.root, suite.seeds, asked, _folder(suite))
    if suite.tune is None:  # any more
        (plan.root / tuned.FILE).unlink(missing_ok=True)
    for cell in plan.cells:
        if cell.skip and not any(_says(record, cell) for record in plan.records):
            record = about(Job(cell, (), plan.root)) | {"status": SKIPPED.name, "reason": cell.skip, "seeds": []}
            store.commit(plan.root, cell.folder, record)
    try:
        executor.run(plan.jobs, listener)
    finally:
        store.refresh_csv(plan.root)


def _keep(suite: Suite, draft: Path) -> None:
    """What is kept of a suite beside its records: its text."""
    if suite.text:
        draft.write_text(suite.text, encoding="utf-8", newline="\n")
    else:
        shutil.copyfile(suite.path, draft)


def _folder(suite: Suite) -> Path | None:
    """Where the suite's own code or samples lie; None where it has neither."""
    beside = own_code.in_use() or any(isinstance(method.game, Pretrained) for method in suite.methods)
    return suite.own.folder if beside and suite.own else None


def _says(record: store.Record, cell: Cell) -> bool:
    return bool(record["key"] == cell.key and record["status"] == SKIPPED.name and record["reason"] == cell.skip)


def run(
    suite: str | Path | Suite,
    out: str | Path = "results",
    *,
    device: str = "auto",
    slots: int = 0,
    seeds: Sequence[int] = (),
    night: date | None = None,
    only: str = "*",
    force: bool = False,
    steps: int | None = None,
    executor: str = "local",
    watch: Sequence[str] = (),
    quiet: bool = False,
) -> Path:
    """Run a suite, of a file or loaded, and return the folder of its results: `bench.run("suites/toys.yaml")`.

    The options are those of `bench run`: where (`device`, `slots` blocks at a time, `executor`), what (other `seeds` than the
    suite's, those of a `night`, `only` the cells of a pattern), `force` to run again what is there, `steps` for a smoke run,
    `watch` for words of watchers. Raises SuiteError, CantRun (Held where another run works on these results), and NoDevice,
    NoExecutor or NoWatcher.
    """
    root, complete = start(
        suite if isinstance(suite, Suite) else Path(suite),
        Path(out),
        device=device,
        slots=slots,
        seeds=seeds,
        night=night,
        only=only,
        force=force,
        steps=steps,
        executor=executor,
        watch=watch,
        quiet=quiet,
    )
    if not complete:
        warnings.warn(f"{root}: not everything came to a result; the same call tries again what can be", stacklevel=2)
    return root


def start(
    path: Path | Suite,
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
    watch: Sequence[str] = (),
    quiet: bool = False,
    announce: Announce = lambda text: None,
) -> tuple[Path, bool]:
    """Run a suite, trials that are missing first; returns the folder of its results and whether everything that is asked
    for has a result, of this run or of an earlier one. `force` runs no trial again, and `watch` shows none."""
    kinds = [watchers.find(word) for word in dict.fromkeys(watch)]
    device, worker, suite = _begun(path, device, slots, executor, steps, night)
    looked_at = [kind.where(out / suite.name) for kind in kinds]
    complete = True
    with owned(out / suite.name):
        if suite.tune:
            plan(suite, out, device, seeds=seeds, only=only)  # says what is wrong with the rest before trials are run
            suite, complete = _tuned(tuning(suite, out, device, only=only), worker, quiet, announce)
        todo = plan(suite, out, device, seeds=seeds, only=only, force=force)
        announce("\n".join([todo.said, *(f"note: {said}" for said in remarked(suite))]))
        _starting(todo.jobs, worker, announce)
        for said in looked_at if todo.jobs else ():
            announce(f"watch: {said}")
        with listener(todo.jobs, quiet=quiet) as told, watching(told, kinds) as heard:
            execute(todo, suite, worker, heard)
            for said in (lacking := unfinished(todo)):
                told.lacks(said)
    return todo.root, complete and not lacking


def start_trials(
    path: Path,
    out: Path,
    *,
    device: str = "auto",
    slots: int = 0,
    night: date | None = None,
    only: str = "*",
    force: bool = False,
    steps: int | None = None,
    executor: str = "local",
    quiet: bool = False,
    announce: Announce = lambda text: None,
) -> tuple[Path, bool]:
    """Run the trials of a suite and nothing else; returns the folder of its results and whether every cell that was picked
    has a setting. Raises CantRun where nothing is tuned."""
    device, worker, suite = _begun(path, device, slots, executor, steps, night)
    if suite.tune is None:
        raise CantRun(f"{path}: nothing is tuned: the key 'tune' is missing")
    with owned(out / suite.name):
        plan(suite, out, device, only=only)
        todo = tuning(suite, out, device, only=only, force=force)
        if not todo.picked:
            raise CantRun(f"{path}: no cell of '{only}' has a space under 'tune'")
        _, complete = _tuned(todo, worker, quiet, announce)
    return todo.root, complete


def _begun(
    path: Path | Suite, device: str, slots: int, executor: str, steps: int | None, night: date | None
) -> tuple[str, Executor, Suite]:
    device = machine.choose(device)
    worker = find(executor)(slots or (1 if device.startswith("cuda") else machine.cores()))
    return device, worker, prepare(path, steps, night)


def _starting(jobs: Sequence[Job], worker: Executor, announce: Announce) -> None:
    """What happens until the first step: workers import torch, which takes seconds."""
    if jobs:
        announce(f"starting {counted(min(worker.count, len(jobs)), 'worker')}…")


def _tuned(todo: Tuning, worker: Executor, quiet: bool, announce: Announce) -> tuple[Suite, bool]:
    """Run the trials that are missing: the suite with what they chose, and whether all came to a result."""
    announce(todo.said)
    _starting(todo.jobs, worker, announce)
    with listener(todo.jobs, quiet=quiet) as told:
        found = tune(todo, worker, told)
        lacking = waiting(found, todo.picked)
        for said in [*lacking, *never_working(found, todo.picked)]:
            told.note(0, said)
    return tuned_suite(todo, found), not (told.incomplete or lacking)
