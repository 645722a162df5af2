"""A night of the gate: run what is missing, compare, run the suspects again on fresh seeds, decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bench.gate import Cell, Report, Rule, gate
from bench.gate.baseline import Baseline
from bench.gate.changes import facts
from bench.gate.comparable_seeds import unused_seeds
from bench.plugins.lazily import lazily
from bench.records.frame import frame
from bench.records.store import current, load_records
from bench.running import machine
from bench.running.executors.base import Executor
from bench.running.owner import owned
from bench.running.plan import Plan, plan
from bench.running.progress import listener
from bench.running.run import execute
from bench.running.tuning import as_tuned
from bench.suite.suite import Suite

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

Confirm = Literal["auto", "plan", "off"]


@dataclass(frozen=True)
class NightlyRun:
    """What an invocation runs with."""

    suite: Suite
    out: Path
    device: str
    executor: Executor
    seeds: tuple[int, ...]
    only: str = "*"
    quiet: bool = False

    def run(self, seeds: Sequence[int], cell: Cell | None = None) -> pd.DataFrame:
        """Train what is missing of these seeds, of all chosen cells or of one; the tidy frame of them, today's code only."""
        todo = plan(self.suite, self.out, self.device, seeds=seeds, only=self.only)
        if cell is not None:
            mine = tuple(c for c in todo.cells if (c.dataset.label, c.method.label) == cell)
            todo = replace(todo, cells=mine, jobs=tuple(job for job in todo.jobs if job.cell in mine))
        with listener(todo.jobs, quiet=self.quiet) as told:
            execute(todo, self.suite, self.executor, told)
        return _of(todo, seeds)

    def facts(self) -> dict[Cell, dict[str, Any]]:
        """What today's cells were run with, as their records say it."""
        todo = plan(self.suite, self.out, self.device, seeds=self.seeds, only=self.only)
        keys = {cell.key for cell in todo.cells if not cell.skip}
        return facts(r for r in current(load_records(todo.root, deep=True)) if r["key"] in keys)


def _of(todo: Plan, seeds: Sequence[int]) -> pd.DataFrame:
    keys = {cell.key for cell in todo.cells if not cell.skip}
    found = frame(todo.root, keys)
    names = {(cell.dataset.label, cell.method.label) for cell in todo.cells if not cell.skip}
    chosen = [pair in names for pair in zip(found["dataset"], found["method"], strict=True)]
    return found[pd.Series(chosen, index=found.index, dtype=bool) & found["seed"].isin(list(seeds))]


def selected(baseline: Baseline, chosen: Callable[[str, str], bool]) -> Baseline:
    """Only the lines of some cells."""
    return replace(baseline, pools={k: p for k, p in baseline.pools.items() if chosen(k.dataset, k.method)})


def decide(
    night: NightlyRun,
    baseline: Baseline,
    within: Mapping[str, float],
    *,
    confirm: Confirm = "auto",
    rule: Rule | None = None,
    say: Callable[[str], None] = print,
    today: date | None = None,
) -> Report:
    """Run what is missing and give the report. `plan` says what a confirmation would run and runs nothing."""
    with owned(night.out / night.suite.name):
        return _decided(night, baseline, within, confirm, rule or Rule(), say, today)


def _decided(
    night: NightlyRun,
    baseline: Baseline,
    within: Mapping[str, float],
    confirm: Confirm,
    rule: Rule,
    say: Callable[[str], None],
    today: date | None,
) -> Report:
    candidate = night.run(night.seeds)
    waivers = night.suite.gate.waivers if night.suite.gate else ()

    def again(cell: Cell, seeds: Sequence[int]) -> pd.DataFrame:
        say(f"looks worse: {cell.dataset} / {cell.method}; {len(seeds)} fresh seeds, {seeds[0]} to {seeds[-1]}")
        return night.run(seeds, cell)

    fresh = again if confirm == "auto" else None
    report = gate(
        candidate, baseline, within, rule=rule, run_fresh=fresh, waivers=waivers, today=today, now=night.facts()
    )
    if confirm == "plan":
        sizes: dict[tuple[str, str], int] = {}
        for row in (row for row in report.rows if row.verdict == "suspicious"):
            cell = (row.key.dataset, row.key.method)
            sizes[cell] = max(rule.fresh_of(row.kind), sizes.get(cell, 0))
        for cell, size in sorted(sizes.items()):
            seeds = unused_seeds(baseline, candidate, size)
            say(f"would run again: {' / '.join(cell)}, seeds {seeds[0]} to {seeds[-1]}")
    return report


def overlap(baseline: Baseline, seeds: Sequence[int]) -> str:
    """The candidate's seeds that the baseline has too, as `3, 7`; '' where there are none."""
    known = {seed for pool in baseline.pools.values() for seed in pool.seeds}
    return ", ".join(map(str, sorted(known & set(seeds))))


def prepare(
    suite: Suite,
    out: Path,
    *,
    device: str = "auto",
    slots: int = 0,
    seeds: Sequence[int] = (),
    only: str = "*",
    executor: str = "local",
    quiet: bool = False,
) -> NightlyRun:
    """Choose the device and the executor, as `bench run` does. Raises NoDevice and NoExecutor, and CantRun where the suite
    tunes methods that have no setting yet: a night compares what was chosen before it."""
    from bench.running.executors.base import find

    chosen = machine.choose(device)
    worker = find(executor)(slots or (1 if chosen.startswith("cuda") else machine.cores()))
    suite = as_tuned(suite, out, chosen, only)
    return NightlyRun(suite, out, chosen, worker, tuple(seeds or suite.seeds), only, quiet)
