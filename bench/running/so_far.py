"""What a block that is under way has measured so far: on disk at every evaluation, for whoever looks meanwhile."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from torch import Tensor

from bench.records.under_way import ENDING, UnderWay, write_under_way
from bench.running.job import Job
from bench.training.loop import History


def path_of(job: Job) -> Path:
    """Beside the block's checkpoint."""
    return job.checkpoint.with_name(job.checkpoint.stem + ENDING)


def write(job: Job, history: History, _: Tensor) -> None:
    """Replace the file. That it can't be written stops no training: it is for looking at."""
    last = max((row.step for row in history.scores), default=0)
    now = UnderWay(
        job.cell.dataset.label,
        job.cell.method.label,
        job.seeds,
        last,
        job.cell.train.steps,
        int(history.state.alive.sum()),
        tuple((row.seed, row.name, row.value) for row in history.scores if row.step == last),
    )
    with suppress(OSError):
        write_under_way(path_of(job), now)


def remove(job: Job) -> None:
    """Once the record is in place."""
    path_of(job).unlink(missing_ok=True)
