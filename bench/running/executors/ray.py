"""The same protocol over a Ray cluster. The results folder has to be on a file system that all nodes share."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bench.running.cells import THREADS
from bench.running.executors.base import Listener, NoExecutor
from bench.running.seed_block import Job, JobResult, failed
from bench.running.seed_block import run as work
from bench.stats.outcomes import INFRA, INTERRUPTED


def attempt(job: Job) -> JobResult:
    """One block, on whichever node Ray chose."""
    import torch

    torch.set_num_threads(THREADS)
    return work(job)


class Ray:
    """`slots` tasks at a time, each with one core, or one GPU where the suite runs on GPUs."""

    def __init__(self, slots: int) -> None:
        try:
            import ray
        except ImportError:
            raise NoExecutor("the executor 'ray' needs Ray: pip install 'gan-diffusion-bench[ray]'") from None
        self.ray: Any = ray
        self.count = slots

    def run(self, jobs: Sequence[Job], listener: Listener) -> None:
        ray = self.ray
        if not ray.is_initialized():
            ray.init(log_to_driver=False)
        queue = deque((k, replace(job, root=job.root.resolve())) for k, job in enumerate(jobs))
        running: dict[Any, tuple[int, Job]] = {}
        try:
            while queue or running:
                while queue and len(running) < self.count:
                    k, job = queue.popleft()
                    listener.begin(k, job)
                    gpus = int(job.device.startswith("cuda"))
                    task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=0, max_calls=1)(attempt)
                    running[task.remote(job)] = k, job
                ready, _ = ray.wait(list(running), num_returns=1, timeout=1.0)
                for handle in ready:
                    k, job = running.pop(handle)
                    listener.end(k, job, self._result(handle, job))
        except KeyboardInterrupt:
            for handle, (k, job) in running.items():
                ray.cancel(handle, force=False)
                done = None
                with contextlib.suppress(Exception):  # a task that was not there yet has nothing to say
                    done = ray.get(handle, timeout=60)
                listener.end(k, job, done or failed(job, INTERRUPTED, "stopped"))
            raise

    def _result(self, handle: Any, job: Job) -> JobResult:
        try:
            done: JobResult = self.ray.get(handle)
        except self.ray.exceptions.RayError as error:  # the worker or its node died
            return failed(job, INFRA, f"Ray lost the worker: {type(error).__name__}")
        return done
