"""The same protocol over a Ray cluster. The results folder has to be on a file system that all nodes share."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.running.executors import _shared
from bench.running.executors.base import Listener, NoExecutor
from bench.running.job import Job, JobResult
from bench.running.seed_block import failed
from bench.stats.outcomes import INFRA, INTERRUPTED

PATIENCE = 60.0  # seconds that an interrupted task gets to write its record


class Ray:
    """`slots` tasks at a time, each with one core, or one GPU where the suite runs on GPUs.

    A task that is lost with its worker or its node has one more chance, from its checkpoint.
    """

    def __init__(self, slots: int) -> None:
        try:
            import ray
        except ImportError:
            raise NoExecutor("the executor 'ray' needs Ray: pip install 'gan-diffusion-bench[ray]'") from None
        self.ray: Any = ray
        self.count = slots

    def run(self, jobs: Sequence[Job], listener: Listener) -> None:
        if not self.ray.is_initialized():
            self.ray.init(log_to_driver=False)
        run = _Run(self.ray, deque(enumerate(_shared.resolved(jobs))), listener)
        try:
            run.on(self.count)
        except KeyboardInterrupt:
            run.interrupt()
            raise


@dataclass
class _Task:
    """A block that Ray has."""

    k: int
    job: Job
    before: frozenset[Path]  # the records of its cell when it began


@dataclass
class _Run:
    ray: Any
    queue: deque[tuple[int, Job]]
    listener: Listener
    running: dict[Any, _Task] = field(default_factory=dict)  # by what Ray calls it
    again: set[int] = field(default_factory=set)  # blocks that were lost once

    def on(self, count: int) -> None:
        """Until all is done, so many at a time."""
        while self.queue or self.running:
            while self.queue and len(self.running) < count:
                self._begin(*self.queue.popleft())
            ready, _ = self.ray.wait(list(self.running), num_returns=1, timeout=1.0)
            for handle in ready:
                self._end(self.running.pop(handle), handle)
            for task in self.running.values():
                if said := _shared.reported(task.job):
                    self.listener.progress(task.k, *said)

    def interrupt(self) -> None:
        """Have every task save what it has."""
        for handle in self.running:
            with contextlib.suppress(Exception):
                self.ray.cancel(handle, force=False)
        for handle, task in self.running.items():
            done = None
            with contextlib.suppress(Exception):  # a task that was not there yet has nothing to say
                done = self.ray.get(handle, timeout=PATIENCE)
            _shared.forget(task.job)
            self.listener.end(task.k, task.job, done or failed(task.job, INTERRUPTED, "stopped"))

    def _begin(self, k: int, job: Job) -> None:
        if k not in self.again:
            self.listener.begin(k, job)
        gpus = int(job.device.startswith("cuda"))
        task = self.ray.remote(num_cpus=1, num_gpus=gpus, max_retries=0, max_calls=1)(_shared.attempt)
        before = _shared.records_of(job)
        self.running[task.remote(job)] = _Task(k, job, before)

    def _end(self, task: _Task, handle: Any) -> None:
        k, job = task.k, task.job
        done: JobResult | None = None
        try:
            done = self.ray.get(handle)
        except self.ray.exceptions.RayTaskError as error:  # its record could not be written
            done = JobResult(INFRA.name, " ".join(str(error.cause).split()) or "its record can't be written")
        except self.ray.exceptions.RayError as error:  # the worker or its node is gone
            said = f"Ray lost the worker: {type(error).__name__}"
            done = _shared.finished(job, task.before)
            if done is None and k in self.again:
                done = failed(job, INFRA, f"{said}, twice")
            elif done is None:
                self.again.add(k)
                self.queue.appendleft((k, job))
                self.listener.note(k, f"{job.label}: {said}; another one takes the block over")
        _shared.forget(job)
        if done is not None:
            self.listener.end(k, job, done)
