"""Blocks of seeds as a Slurm job array, by submitit. The results folder has to be on a file system that all nodes share.

What the cluster wants to be told (a partition, an account, a time limit) is in BENCH_SLURM, as submitit names it:
`BENCH_SLURM="slurm_partition=gpu timeout_min=240 mem_gb=16"`. Before a job is preempted or comes to its time limit Slurm sends a
signal: the block saves itself and is queued again. Logs lie in `.running/slurm` of the results.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from bench.records import store
from bench.running.executors import _shared
from bench.running.executors.base import Listener, NoExecutor
from bench.running.job import Job, JobResult
from bench.running.seed_block import failed
from bench.stats.outcomes import INFRA, INTERRUPTED

OPTIONS, CLUSTER = (
    "BENCH_SLURM",
    "BENCH_SLURM_CLUSTER",
)  # environment variables; the second: `local` tries it on one machine
POLL = 2.0  # seconds between two looks at the jobs
PATIENCE = 120.0  # seconds that cancelled jobs get to write their records
DEFAULTS = {"timeout_min": 240, "cpus_per_task": 1}
WARNING = 90  # seconds before its end at which a job is warned


class Block:
    """A block as submitit calls it; after the warning signal it is queued again, and goes on from its checkpoint."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def __call__(self) -> JobResult:
        import submitit

        number = submitit.JobEnvironment()._usr_sig()
        requeue: Any = signal.getsignal(number)
        warned: list[tuple[int, FrameType | None]] = []

        def stop(received: int, frame: FrameType | None) -> None:
            if not warned:
                warned.append((received, frame))
                raise KeyboardInterrupt

        signal.signal(number, stop)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # of scancel
        done = _shared.attempt(self.job)
        signal.signal(number, requeue)
        if warned and done.status == INTERRUPTED.name:
            requeue(*warned[0])  # which calls `checkpoint` and ends the process
        return done

    def checkpoint(self) -> Any:
        """What is queued again: the same block."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(Block(self.job))


@dataclass
class _Task:
    k: int
    job: Job
    handle: Any
    before: frozenset[Path]  # the records of its cell when it was handed over
    begun: bool = False


class Slurm:
    """At most `slots` of the array's jobs at a time, each with one core, or one GPU where the suite runs on GPUs."""

    def __init__(self, slots: int) -> None:
        try:
            import submitit
        except ImportError:
            raise NoExecutor("the executor 'slurm' needs submitit: pip install 'gan-diffusion-bench[slurm]'") from None
        self.submitit: Any = submitit
        self.count = slots
        self.options = options_of(os.environ.get(OPTIONS, ""))

    def run(self, jobs: Sequence[Job], listener: Listener) -> None:
        tasks = self._submitted(_shared.resolved(jobs)) if jobs else []
        try:
            while tasks:
                tasks = [task for task in tasks if not _ended(task, listener)]
                if tasks:
                    time.sleep(POLL)
        except KeyboardInterrupt:
            _interrupt(tasks, listener)
            raise

    def _submitted(self, jobs: Sequence[Job]) -> list[_Task]:
        folder = jobs[0].root / store.RUNNING / "slurm"
        try:
            executor = self.submitit.AutoExecutor(folder=folder, cluster=os.environ.get(CLUSTER))
            if executor.cluster == "local" and not os.environ.get(CLUSTER):
                raise NoExecutor("no Slurm is found here (srun): run on a login node, or with --executor local")
            gpus = int(jobs[0].device.startswith("cuda"))
            executor.update_parameters(
                **{"name": jobs[0].cell.suite, "gpus_per_node": gpus, "slurm_array_parallelism": self.count}
                | {"slurm_signal_delay_s": WARNING}
                | DEFAULTS
                | self.options
            )
        except (NameError, ValueError, TypeError) as error:
            raise NoExecutor(f"{OPTIONS}: {' '.join(str(error).split())}") from error
        before = [_shared.records_of(job) for job in jobs]
        with executor.batch():
            handles = [executor.submit(Block(job)) for job in jobs]
        return [
            _Task(k, job, handle, old) for k, (job, handle, old) in enumerate(zip(jobs, handles, before, strict=True))
        ]


def options_of(text: str) -> dict[str, Any]:
    """`a=1 b=x` -> {"a": 1, "b": "x"}. Raises NoExecutor."""
    found: dict[str, Any] = {}
    for pair in text.split():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise NoExecutor(f"{OPTIONS}: '{pair}' is no option; write name=value, with spaces between")
        found[name] = int(value) if value.isdigit() else value
    return found


def _ended(task: _Task, listener: Listener) -> bool:
    """Whether a job has ended, which is told; how far it is, where it has not."""
    if not task.begun and (task.handle.state == "RUNNING" or task.handle.done()):
        task.begun = True
        listener.begin(task.k, task.job)
    if not task.handle.done():
        if said := _shared.reported(task.job):
            listener.progress(task.k, *said)
        return False
    listener.end(task.k, task.job, _result(task))
    _shared.forget(task.job)
    return True


def _result(task: _Task) -> JobResult:
    try:
        done: JobResult = task.handle.result()
    except Exception as error:  # it was cancelled, its node died, or its record can't be written
        said = str(error).strip().splitlines()
        why = f"Slurm job {task.handle.job_id}: {said[-1] if said else type(error).__name__}"
        log = f"see {task.handle.paths.stderr}"
        return _shared.finished(task.job, task.before) or failed(task.job, INFRA, why, f"{error}\n{log}")
    return done


def _interrupt(tasks: Sequence[_Task], listener: Listener) -> None:
    """Cancel what is left, and wait for those that were running: they save themselves."""
    for task in tasks:
        with suppress(Exception):
            task.handle.cancel(check=False)
    deadline = time.monotonic() + PATIENCE
    for task in tasks:
        while task.begun and not task.handle.done() and time.monotonic() < deadline:
            time.sleep(0.2)
        stopped = failed(task.job, INTERRUPTED, "stopped")
        done = _shared.finished(task.job, task.before)
        with suppress(Exception):
            done = done or task.handle.result() if task.handle.done() else done
        _shared.forget(task.job)
        listener.end(task.k, task.job, done or stopped)
