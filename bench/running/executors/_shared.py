"""What executors share whose workers are elsewhere: the results folder, on a file system that all of them see.

A worker tells how far it is by a small file beside its block's checkpoint, at most every few seconds; what it had written when it
was lost is found among the records.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bench.records import store
from bench.records.status import settled
from bench.records.store import write_atomically
from bench.records.strict_json import read_json
from bench.running import so_far
from bench.running.cell_keys import THREADS
from bench.running.job import Job, JobResult
from bench.running.seed_block import run as work
from bench.training.loop import Progress

EVERY = 2.0  # seconds between two reports of progress
ENDING = ".progress.json"


def attempt(job: Job) -> JobResult:
    """One block, on whichever machine this is; raises only where no record can be written."""
    import torch

    torch.set_num_threads(THREADS)
    return work(job, reporting(job))


def resolved(jobs: Sequence[Job]) -> list[Job]:
    """The same jobs for workers that start in other folders."""
    return [replace(job, root=job.root.resolve()) for job in jobs]


def reporting(job: Job) -> Progress:
    """Tells whoever asks `reported`. That it can't be written stops no training."""
    last = -EVERY

    def progress(step: int, alive: int, steps: int) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= EVERY or step == steps:
            last = now
            told = json.dumps([step, alive, steps])
            with suppress(OSError):
                write_atomically(_path(job), lambda draft: draft.write_text(told, encoding="utf-8"))

    return progress


def reported(job: Job) -> tuple[int, int, int] | None:
    """Step, living seeds and steps of a block, as its worker said last; None where it has not, or is at its end."""
    try:
        step, alive, steps = map(int, read_json(_path(job)))
    except (OSError, ValueError, TypeError):
        return None
    return step, alive, steps


def forget(job: Job) -> None:
    """Its worker says no more."""
    _path(job).unlink(missing_ok=True)


def records_of(job: Job) -> frozenset[Path]:
    """Where records of its block lie, and of others whose seeds begin alike."""
    return frozenset((job.root / job.cell.folder).glob(f"{store.block_name(job.seeds)}*"))


def finished(job: Job, before: frozenset[Path]) -> JobResult | None:
    """What a worker had written when it was lost: a record of its block that was not there before."""
    for folder in records_of(job) - before:
        for record in store.load_records(folder):  # seeds-1 is not seeds-10
            if settled(record) and tuple(entry["seed"] for entry in record["seeds"]) == job.seeds:
                job.checkpoint.unlink(missing_ok=True)  # which it had no time to remove
                so_far.remove(job)
                return JobResult(record["status"], record["reason"], folder, store.errors(record))
    return None


def _path(job: Job) -> Path:
    return job.checkpoint.with_name(job.checkpoint.stem + ENDING)
