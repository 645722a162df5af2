"""Tuning: the trials of a suite, what of them is still to be run, and which setting each cell is given.

A trial is a cell like all others, with a key, checkpoints and records, which lie in `results/<suite>/.trials`. Its seeds are its
own. Of a method only the chosen setting is trained on the suite's seeds, and only those are its result.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.records import store, tuned
from bench.records.trial_values import direction, seed_ends, unmeasured
from bench.records.tuned import Tuned, TunedSuite
from bench.running import costs
from bench.running.cells import Cell, cells
from bench.running.executors.base import Executor, Listener
from bench.running.job import Job
from bench.running.leftovers import remove_finished
from bench.running.plan import CantRun, again, blocks, chosen, seen, to_run
from bench.running.provenance import commits
from bench.suite.measurable import QUALITY
from bench.suite.space import Setting, as_json, written
from bench.suite.stored_suite import varied
from bench.suite.suite import Chosen, Planned, Suite
from bench.suite.trial_methods import with_setting

Name = tuple[str, str]  # data set, method


@dataclass(frozen=True)
class Trial:
    """One setting of a method on a data set."""

    number: int
    setting: Setting
    seeds: tuple[int, ...]
    cell: Cell


@dataclass(frozen=True)
class Search:
    """All trials of one cell of the suite."""

    planned: Planned  # as the suite has it, without a setting
    trials: tuple[Trial, ...]

    @property
    def name(self) -> Name:
        return self.planned.dataset.label, self.planned.method.label


@dataclass(frozen=True)
class Tuning:
    """What the trials of a suite are, and what of them is still to be done."""

    suite: Suite
    root: Path  # results/<suite>
    searches: tuple[Search, ...]  # of every cell that is tuned
    picked: frozenset[Name]
    jobs: tuple[Job, ...]  # of those that were picked
    settled: int  # seeds of trials that are there already
    records: tuple[store.Record, ...]

    @property
    def said(self) -> str:
        """`20 trials of each of 3 cells; 0 seeds there, 120 to run in 60 blocks`."""
        assert self.suite.tune is not None
        return f"{self.suite.tune.trials} trials of each of {len(self.picked)} cells; {to_run(self.settled, self.jobs)}"


def searches(suite: Suite, device: str = "cpu") -> tuple[Search, ...]:
    """Every trial of a suite, each checked against its data. Raises SuiteError."""
    if suite.tune is None:
        return ()
    found: list[tuple[Planned, int, Setting, Planned]] = []
    for one in replace(suite, chosen={}).planned():
        if one.method.space is None or one.skip:
            continue
        for number, setting in enumerate(one.method.space.settings(suite.tune.trials)):
            label = varied(one.method.label, written(setting))
            method = replace(with_setting(one.method, setting), label=label, line=one.method.space.line)
            told = {"trial": {"of": one.method.label, "trial": number, "setting": as_json(setting)}}
            train = suite.tune.train_of(one.train)
            found.append((one, number, setting, Planned(one.dataset, method, train, one.experiments, tuning=told)))
    made = cells(replace(suite, claims=(), probes=()), device, [trial for *_, trial in found])
    _selectable(suite, made)
    rows: dict[Name, tuple[Planned, list[Trial]]] = {}
    for (one, number, setting, _), cell in zip(found, made, strict=True):
        _, trials = rows.setdefault((one.dataset.label, one.method.label), (one, []))
        trials.append(Trial(number, setting, suite.tune.seeds_of(number), cell))
    return tuple(Search(one, tuple(trials)) for one, trials in rows.values())


def _selectable(suite: Suite, made: Sequence[Cell]) -> None:
    """Raises SuiteError where the score that selects is not measured on a data set."""
    assert suite.tune is not None
    problems, select = suite.problems(), suite.tune.select
    for cell in made:
        names = [name for metric in cell.metrics for name in metric.names()] + [QUALITY] * bool(cell.metrics)
        if select not in names:
            why = f"'{select}' is not measured on {cell.dataset.label}: select by another score, or leave it out under 'skip'"
            problems.add(suite.tune.line, "tune.select", why)
    problems.check()


def tuning(suite: Suite, out: Path, device: str = "cpu", *, only: str = "*", force: bool = False) -> Tuning:
    """See which trials of a suite are missing. Raises SuiteError."""
    root = out / suite.name
    every = searches(suite, device)
    records = trial_records(root)
    picked = [search for search in every if chosen(*search.name, only, search.planned.experiments)]
    at, jobs, settled = commits(suite), [], 0
    for search in picked:
        for trial in search.trials:
            there, scored = (set(), []) if force else seen(trial.cell, records)
            todo = [seed for seed in trial.seeds if seed not in there]
            settled += len(trial.seeds) - len(todo)
            jobs += blocks(trial.cell, todo, root / store.TRIALS, device, at)
            jobs += [again(trial.cell, record, root / store.TRIALS, device, at) for record in scored]
    pace = costs.paces(records)
    jobs.sort(key=lambda job: costs.estimate(job, pace), reverse=True)
    names = frozenset(search.name for search in picked)
    return Tuning(suite, root, every, names, tuple(jobs), settled, tuple(records))


def trial_records(root: Path) -> list[store.Record]:
    """The records of trials beside those of a suite."""
    folder = root / store.TRIALS
    return store.load_records(folder, deep=True) if folder.is_dir() else []


def found_so_far(todo: Tuning) -> TunedSuite:
    """What the trials on disk reached, of every cell that is tuned."""
    assert todo.suite.tune is not None
    select = todo.suite.tune.select
    records: dict[tuple[str, str], list[store.Record]] = {}
    for record in trial_records(todo.root):
        records.setdefault((record["key"], record["dataset"]["label"]), []).append(record)
    cells = [_found(search, records, select) for search in todo.searches]
    how = todo.suite.tune
    return TunedSuite(select, how.trials, how.seeds, tuned.sharing(cells) if how.shared else tuple(cells))


def _found(search: Search, records: dict[tuple[str, str], list[store.Record]], select: str) -> Tuned:
    dataset, method = search.name
    trials, read = [], list[store.Record]()
    for one in search.trials:
        mine = records.get((one.cell.key, dataset), [])
        read += mine
        ends = seed_ends(mine, one.cell.key, (dataset, one.cell.method.label), one.seeds, select)
        trials.append(tuned.Trial(one.number, as_json(one.setting), one.cell.key, ends))
    assert search.planned.method.space is not None
    how, cant = direction(read, dataset, select)
    told = search.planned.method.space.told
    return Tuned(dataset, method, told, tuple(trials), how, cant or unmeasured(trials, select))


def tuned_suite(todo: Tuning, found: TunedSuite) -> Suite:
    """The suite whose tuned cells have the setting that their trials chose; cells that lack trials wait."""
    settings: dict[Name, Chosen] = {}
    for search, one in zip(todo.searches, found.cells, strict=True):
        if (best := one.chosen) is not None:
            setting = search.trials[best.trial].setting
            method = with_setting(search.planned.method, setting)
            settings[search.name] = Chosen(method, setting, {"tuned": _told(one, found)})
    return replace(todo.suite, chosen=settings)


def _told(one: Tuned, found: TunedSuite) -> dict[str, Any]:
    """What the records of the chosen setting say of how it was chosen."""
    best = one.chosen
    assert best is not None
    value = one.direction.back(float(one.values()[best.trial]))
    return {
        "space": dict(one.space),
        "trials": found.trials,
        "seeds": found.seeds,
        "select": found.select,
        "trial": best.trial,
        "setting": dict(best.setting),
        "value": value,
        "works": one.works,
    }


def tune(todo: Tuning, executor: Executor, listener: Listener) -> TunedSuite:
    """Train the trials that are missing; `tuned.json` says what all of them reached. Passes KeyboardInterrupt on: what was
    finished is on disk."""
    remove_finished(todo.root / store.TRIALS, todo.records, [job.checkpoint for job in todo.jobs])
    try:
        executor.run(todo.jobs, listener)
    finally:
        found = found_so_far(todo)
        tuned.write(todo.root, found)
    return found


def as_tuned(suite: Suite, out: Path, device: str, only: str = "*") -> Suite:
    """The suite with what trials on disk chose, nothing trained; as it is where it tunes nothing.

    Raises CantRun where a cell that is picked waits for its trials.
    """
    if suite.tune is None:
        return suite
    todo = tuning(suite, out, device, only=only)
    found = found_so_far(todo)
    if said := waiting(found, todo.picked):
        raise CantRun(f"{suite.path}: {said[0]}: run 'bench tune {suite.path} --out {out}' first")
    return tuned_suite(todo, found)


def waiting(found: TunedSuite, picked: Set[Name]) -> list[str]:
    """Which cells have no setting, and why: a line each."""
    said = []
    for one in (one for one in found.cells if (one.dataset, one.method) in picked):
        if left := sum(not trial.done for trial in one.trials):
            lacking = f"{left} of {len(one.trials)} trials have no result"
            said.append(f"{one.dataset} / {one.method} has no setting: {lacking}")
        elif one.cant:
            said.append(f"{one.dataset} / {one.method} has no setting: {one.cant}; select by another score")
        elif one.shared is None:
            said.append(f"{one.dataset} / {one.method} has no setting: {tuned.WAITS}")
    return said


def never_working(found: TunedSuite, picked: Set[Name]) -> list[str]:
    """Cells of which no trial came to a number: a line each."""
    return [
        f"{one.dataset} / {one.method} never works: no trial came to a number, and its first setting is run"
        for one in found.cells
        if (one.dataset, one.method) in picked and one.chosen and not one.works
    ]
