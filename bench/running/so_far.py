"""What a block that is under way has measured so far: on disk at every evaluation, for whoever looks meanwhile."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from bench.records.under_way import ENDING, UnderWay, read_under_way, write_under_way
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


@dataclass
class Latest:
    """What blocks read at their latest evaluation, for the process that has them run; a file is read when it has changed."""

    seen: dict[Path, int] = field(default_factory=dict)  # file -> when it was written
    read: dict[Path, UnderWay] = field(default_factory=dict)

    def begin(self, job: Job) -> None:
        """What an earlier run left there is not of this one."""
        path = path_of(job)
        self.seen[path] = _written(path)
        self.read.pop(path, None)

    def of(self, job: Job) -> UnderWay | None:
        """None before the first evaluation."""
        path = path_of(job)
        if (at := _written(path)) not in (0, self.seen.get(path)) and (now := read_under_way(path)) is not None:
            self.seen[path], self.read[path] = at, now
        return self.read.get(path)


def _written(path: Path) -> int:
    """When a file was written, in nanoseconds; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
