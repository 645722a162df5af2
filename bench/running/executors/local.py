"""One process per slot on this machine. A worker that dies does not affect the others."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import warnings
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess, parent_process
from typing import Any

from bench.running.cells import THREADS
from bench.running.executors.base import Listener
from bench.running.seed_block import Job, JobResult, failed
from bench.running.seed_block import run as work
from bench.stats.outcomes import ERROR, INFRA, INTERRUPTED

POOLS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
PATIENCE = 60.0  # seconds that an interrupted worker gets to write its record
EVERY = 0.25  # seconds between two reports of progress


@dataclass
class Slot:
    """A worker and what it is doing."""

    process: BaseProcess
    pipe: Connection
    k: int = -1  # -1: nothing
    job: Job | None = None


class Local:
    """`slots` worker processes, each with one thread; jobs are handed out in order."""

    def __init__(self, slots: int) -> None:
        self.count = slots

    def run(self, jobs: Sequence[Job], listener: Listener) -> None:
        queue = deque(enumerate(jobs))
        slots: list[Slot] = []
        try:
            while queue or slots:
                while queue and len(slots) < self.count:
                    slots.append(_start())
                    self._next(slots[-1], queue, listener)
                for slot in _ready(slots):
                    self._hear(slot, queue, slots, listener)
        except KeyboardInterrupt:
            _interrupt(slots, listener)
            raise
        finally:
            for slot in slots:
                slot.process.kill()
                slot.process.join()

    def _next(self, slot: Slot, queue: deque[tuple[int, Job]], listener: Listener) -> bool:
        """Give a free worker its next job; False where there is none left."""
        slot.k, slot.job = -1, None
        while queue:
            k, job = queue.popleft()
            listener.begin(k, job)
            try:
                slot.pipe.send(job)
            except (BrokenPipeError, ConnectionResetError):  # it died before it got anything
                slot.k, slot.job = k, job
                return True
            except Exception as error:  # it can't be sent to another process
                listener.end(k, job, failed(job, ERROR, f"can't be sent to a worker: {error}"))
                continue
            slot.k, slot.job = k, job
            return True
        return False

    def _hear(self, slot: Slot, queue: deque[tuple[int, Job]], slots: list[Slot], listener: Listener) -> None:
        try:
            kind, said = slot.pipe.recv()
        except (EOFError, OSError):
            slots.remove(slot)
            slot.process.join()
            if slot.job is not None:
                listener.end(slot.k, slot.job, failed(slot.job, INFRA, _why(slot.process.exitcode)))
            return
        _tell(slot, kind, said, listener)
        if kind == "end" and not self._next(slot, queue, listener):
            slots.remove(slot)
            _dismiss(slot)


def _tell(slot: Slot, kind: str, said: Any, listener: Listener) -> None:
    assert slot.job is not None
    if kind == "progress":
        listener.progress(slot.k, *said)
    elif kind == "note":
        listener.note(slot.k, said)
    elif isinstance(said, JobResult):
        listener.end(slot.k, slot.job, said)
    else:  # its record could not be written
        listener.end(slot.k, slot.job, JobResult(INFRA.name, str(said)))


def _ready(slots: list[Slot]) -> list[Slot]:
    pipes = wait([slot.pipe for slot in slots], timeout=1.0)
    return [slot for slot in slots if slot.pipe in pipes]


def _start() -> Slot:
    """A fresh worker; thread pools read their size when their library is loaded."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    before = {name: os.environ.get(name) for name in POOLS}
    os.environ |= dict.fromkeys(POOLS, str(THREADS))
    try:
        process = context.Process(target=serve, args=(theirs,), daemon=True)
        process.start()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    theirs.close()
    return Slot(process, ours)


def _dismiss(slot: Slot) -> None:
    slot.pipe.close()
    slot.process.join(5)
    slot.process.kill()
    slot.process.join()


def _why(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name
        return f"the worker was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    return f"the worker ended with code {exitcode}"


def _interrupt(slots: list[Slot], listener: Listener) -> None:
    """Have every worker write what it has; a second Ctrl-C ends the waiting."""
    for slot in slots:
        if slot.process.pid and slot.process.is_alive():
            os.kill(slot.process.pid, signal.SIGINT)
    deadline = time.monotonic() + PATIENCE
    left = [slot for slot in slots if slot.job is not None]
    while left and time.monotonic() < deadline:
        for slot in _ready(left):
            try:
                kind, said = slot.pipe.recv()
            except (EOFError, OSError):
                left.remove(slot)
                assert slot.job is not None
                listener.end(slot.k, slot.job, failed(slot.job, INTERRUPTED, "stopped"))
                continue
            _tell(slot, kind, said, listener)
            if kind == "end":
                left.remove(slot)


def serve(pipe: Connection) -> None:
    """A worker: jobs come in through the pipe, progress and ends go out, until the pipe is closed."""
    import torch

    _die_with_parent()
    _interrupt_once()
    torch.set_num_threads(THREADS)
    warnings.showwarning = lambda message, *_, **__: pipe.send(("note", " ".join(str(message).split())))
    try:
        while True:
            job = pipe.recv()
            pipe.send(("end", _attempt(job, pipe)))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return


def _attempt(job: Job, pipe: Connection) -> JobResult | str:
    last = 0.0

    def progress(step: int, alive: int, steps: int) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= EVERY or step == steps:
            last = now
            pipe.send(("progress", (step, alive, steps)))

    try:
        return work(job, progress)
    except OSError as error:
        return f"its record can't be written: {error.strerror or error}"


def _die_with_parent() -> None:
    """A worker ends with its parent, even one that was killed."""
    parent = parent_process()
    if parent is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: (wait([sentinel]), os._exit(1)), daemon=True).start()


def _interrupt_once() -> None:
    """The terminal's Ctrl-C and the parent's may both arrive: the second must not disturb the writing of the record."""

    def once(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, once)
