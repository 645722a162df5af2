"""Metrics that were asked for after training: measured on the weights that a record keeps, at the end of training."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from bench.data.base import Data
from bench.evaluation.evaluator import Evaluator
from bench.evaluation.outcomes import OF_MODES, quality_column
from bench.plugins.lazily import lazily
from bench.records import integrity, store
from bench.records.costs import Row
from bench.records.rows import frame_of_rows
from bench.running import signals
from bench.running.cells import Cell
from bench.running.job import Job, JobResult, engine_of, evaluation, unspoilt
from bench.running.kept_weights import FILE, read_state
from bench.running.pretrained_block import STEP, samples_of
from bench.stats.outcomes import DIVERGED, DONE
from bench.training.seed_axis import finite

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")


def lacking(cell: Cell, record: Mapping[str, Any]) -> set[str]:
    """The columns that a cell asks for and a record has not, or has of a metric with other options or other code."""
    scored = record.get("scored") or {}
    return {name for name, of in cell.wanted.items() if scored.get(name) != of}


def scorable(cell: Cell, record: Mapping[str, Any]) -> bool:
    """Whether what a record lacks can be measured without training.

    It keeps its weights, training came to its end, and nothing is lacking that has a curve: no column that outcomes are
    told from, and none that training measured with other options, whose curve would be lost.
    """
    return record["status"] in (DONE, DIVERGED.name) and not curved(cell, record) and weighed(record)


def curved(cell: Cell, record: Mapping[str, Any]) -> set[str]:
    """What of the lacking columns only training can give, since it is a curve; of samples that were made elsewhere what
    outcomes are told from."""
    measured = (
        set() if store.pretrained(record) else set(record.get("scored") or ()) - set(record.get("scored_later") or ())
    )
    return lacking(cell, record) & {str(quality_column(cell.wanted)), *OF_MODES, *measured}


def weighed(record: Mapping[str, Any]) -> bool:
    """Whether what it was sampled from is there: a record's weights, as they were written, or files that its key names."""
    return store.pretrained(record) or integrity.intact(record, Path(record["folder"]), FILE)


def score(job: Job) -> JobResult:
    """Measure what a record lacks, and write a record that has it in its place; outcomes stay as training told them.

    The samples are those that the metric would have seen at the last step: noise depends on the seed and the step.
    """
    assert job.of is not None
    (record,) = store.load_records(job.of, deep=True)
    cell, wanted = job.cell, lacking(job.cell, record)
    asked = tuple(metric for metric in cell.metrics if wanted & set(metric.names()))
    cache = job.root / store.RUNNING / "cache"
    data, evaluator, references, errors = evaluation(cell.dataset.source, cell.content, asked, cache)
    with unspoilt(data):
        samples, alive, step = _sampled(job, record, data)
        found = evaluator(samples, alive, errors)
    rows = [(job.seeds[k], step, name, value) for k, name, value in found]
    later = _later(record, evaluator, references, errors, wanted, cell)

    def more(folder: Path) -> None:
        for file in job.of.iterdir() if job.of else ():
            if file.name not in (integrity.FILE, "scores.parquet"):
                shutil.copy2(file, folder / file.name)

    kept = _rows(record, wanted | set(errors))
    signals.hold()
    folder = store.commit(job.root, cell.folder, later, [*kept, *rows], more=more)
    shutil.rmtree(job.of, ignore_errors=True)
    return JobResult(record["status"], None, folder, store.errors(later))


def _sampled(job: Job, record: Mapping[str, Any], data: Data) -> tuple[Tensor, Tensor, int]:
    """Samples of every seed, as many as all of the cell's metrics need; who lives; and the step."""
    assert job.of is not None
    n = max(metric.n for metric in job.cell.metrics)
    if store.pretrained(record):
        samples = samples_of(job, data, n)
        return samples, finite(samples), STEP
    engine = engine_of(job, data, record["mapping"])
    state = read_state(job.of, engine)
    return engine.sample(state, n), state.alive, int(state.step)


def _later(
    record: store.Record,
    evaluator: Evaluator,
    references: Mapping[str, Any],
    errors: dict[str, str],
    wanted: set[str],
    cell: Cell,
) -> dict[str, Any]:
    """The entries of a record with those of the new columns in them."""
    new: dict[str, dict[str, Any]] = {
        "protocols": dict(evaluator.protocols(errors)),
        "metrics": dict(evaluator.describe(errors)),
        "floors": {name: one.real for name, one in references.items()},
        "references": {name: one.as_record() for name, one in references.items()},
        "scored": {name: cell.wanted[name] for name in evaluator.names if name not in errors},
    }
    held = {name: record.get(name) or {} for name in (*new, "metric_errors")}
    without = {name: {k: v for k, v in of.items() if k not in wanted} for name, of in held.items()}
    later = dict(without["metric_errors"]) | errors
    return {
        **{name: value for name, value in record.items() if name not in ("folder", "format", "files", "checksum")},
        **{name: without[name] | of for name, of in new.items()},
        "metric_errors": later,
        "broken": sorted({name for name in record.get("broken") or () if name not in wanted} | set(errors)),
        "scored_later": sorted({*(record.get("scored_later") or ()), *new["scored"]}),
        "created": datetime.now(UTC).isoformat(timespec="microseconds"),
    }


def _rows(record: Mapping[str, Any], without: set[str]) -> list[Row]:
    """The scores that a record has, but for some columns."""
    table = frame_of_rows(record, "score")
    table = table[~table["name"].isin(without)]
    values = [None if pd.isna(value) else float(value) for value in table["value"]]
    return list(zip(table["seed"].tolist(), table["step"].tolist(), table["name"].tolist(), values, strict=True))
