"""Metrics that a suite does not list, measured on the weights that its records keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.data.base import Data
from bench.metrics.base import Metric
from bench.records import store
from bench.running import machine
from bench.running.cell_keys import wanted_of
from bench.running.cells import Cell
from bench.running.executors.base import find
from bench.running.job import Job
from bench.running.kept_weights import FILE
from bench.running.owner import owned
from bench.running.plan import CantRun, again, best, plan
from bench.running.progress import listener
from bench.running.provenance import Commits, commits
from bench.running.run import Announce
from bench.running.scoring import curved, lacking, scorable
from bench.running.suite_beside import suite_beside
from bench.running.tuning import as_tuned
from bench.suite.one_call import one
from bench.suite.options import WrongOption
from bench.training.pretrained import Pretrained


def score_results(
    results: Path,
    metrics: Sequence[str],
    *,
    device: str = "auto",
    slots: int = 0,
    quiet: bool = False,
    announce: Announce = lambda text: None,
) -> bool:
    """Measure metrics, as a suite writes them, on every record of a folder of results; whether all have them now.

    Raises CantRun where a metric can't be read or the folder is no suite's, and SuiteError.
    """
    device = machine.choose(device)
    suite, more = suite_beside(results), tuple(_metric(row) for row in metrics)
    with owned(results):
        todo = plan(as_tuned(suite, results.parent, device), results.parent, device)
        data = {dataset.label: dataset.source.load() for dataset in suite.datasets}
        jobs, left, at = list[Job](), list[str](), Commits(commits(suite).bench)  # the suite here is a copy
        for cell in (_with(cell, more, data[cell.dataset.label]) for cell in todo.cells if not cell.skip):
            why = _too_few(cell, data[cell.dataset.label], suite.seeds)
            mine, cant = ([], [why]) if why else _of(cell, todo.records, results, device, at)
            jobs += mine
            left += cant
        announce(f"{len(jobs)} records to score")
        with listener(jobs, quiet=quiet) as told:
            try:
                find("local")(slots or machine.cores()).run(jobs, told)
            finally:
                store.refresh_csv(results)
            for said in left:
                told.lacks(said)
    return not left and not told.incomplete


def _too_few(cell: Cell, data: Data, seeds: Sequence[int]) -> str:
    """Why samples that were made elsewhere are no longer enough; '' where they are."""
    game = cell.method.game
    if not isinstance(game, Pretrained):
        return ""
    why = game.build(data).refuses(data, seeds, max(metric.n for metric in cell.metrics))
    return f"{cell.label}: can't be scored: {why}" if why else ""


def _of(cell: Cell, found: Sequence[store.Record], root: Path, device: str, at: Commits) -> tuple[list[Job], list[str]]:
    """The jobs of a cell, and a line where some of its seeds can't be scored."""
    records = {r["folder"]: r for r in best(cell, found).values() if r["status"] in store.RESULTS and lacking(cell, r)}
    able = [record for record in records.values() if scorable(cell, record)]
    jobs = [again(cell, record, root, device, at) for record in able]
    others = [
        r for r in found if (r["dataset"]["label"], r["method"]["label"]) == (cell.dataset.label, cell.method.label)
    ]
    left = [record for record in records.values() if not scorable(cell, record)]
    if curves := sorted({name for record in left for name in curved(cell, record)}):
        why = f"{', '.join(curves)} is a curve of training: change it in the suite, and run that"
        return jobs, [f"{cell.label}: can't be scored: {why}"]
    if left:
        kept = all(FILE in (record.get("files") or {}) for record in left)
        why = "its weights are not as they were written" if kept else "its weights were not kept"
        return jobs, [f"{cell.label}: can't be scored: {why}; list the metric in the suite, and run that"]
    if others and not best(cell, found):
        return jobs, [
            f"{cell.label}: can't be scored: it was trained by other code, on other data or elsewhere; run it again"
        ]
    return jobs, []


def _metric(row: str) -> Metric:
    """`frechet(space=digits)` -> the metric. Raises CantRun."""
    try:
        made, _ = one("metrics", row)
    except WrongOption as error:
        raise CantRun(f"--metrics: {error}") from error
    assert isinstance(made, Metric)
    return made


def _with(cell: Cell, more: Sequence[Metric], data: Data) -> Cell:
    """The cell with those of some further metrics that fit its data; one of a column that it has takes its place."""
    fitting = [metric for metric in more if metric.refuses(data) is None]
    names = {name for metric in fitting for name in metric.names()}
    kept = [metric for metric in cell.metrics if not names & set(metric.names())]
    return replace(cell, metrics=(*kept, *fitting), wanted={**cell.wanted, **wanted_of(fitting)})
