"""One process per slot on this machine. A worker that dies does not affect the others, and one that hangs is ended."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.resource_tracker import ensure_running
from pathlib import Path
from typing import Any

from bench.records import processes
from bench.running import signals
from bench.running.cell_keys import THREADS
from bench.running.executors._shared import finished, records_of
from bench.running.executors._worker import serve
from bench.running.executors.base import Listener
from bench.running.job import Job, JobResult
from bench.running.progress import span
from bench.running.seed_block import failed
from bench.stats.outcomes import ERROR, INFRA, INTERRUPTED

POOLS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
PATIENCE = 60.0  # seconds that an interrupted worker gets to write its record
POLL = 1.0  # seconds that messages are waited for
SILENT = 900.0  # seconds without a message and without work after which a worker counts as hung
WORK = 1e-3  # share of those seconds that a processor has worked for it where it does not hang
GONE = (EOFError, OSError)  # what a pipe raises whose other end is closed


@dataclass
class Slot:
    """A worker and what it is doing."""

    process: BaseProcess
    pipe: Connection
    k: int = -1  # -1: nothing
    job: Job | None = None
    ready: bool = False  # whether it has said anything: before that it has nothing to lose
    silent: float = 0.0  # seconds since it spoke, or was seen to work
    worked: float | None = None  # seconds of a processor until then
    before: frozenset[Path] = frozenset()  # the records of its job's cell when it began

    def hear(self) -> tuple[str, Any]:
        """Its next message. Raises one of GONE."""
        kind, said = self.pipe.recv()
        self.ready, self.silent = True, 0.0
        return kind, said

    def hangs(self, passed: float) -> bool:
        """Whether it neither speaks nor works (a long evaluation does), `passed` seconds after it was asked last.

        Where the system does not tell how much a process works, none counts as hung.
        """
        if not self.silent:
            self.worked = _worked(self.process)
        self.silent += passed
        if self.silent < SILENT:
            return False
        now = _worked(self.process)
        if now is None or self.worked is None or now - self.worked >= WORK * self.silent:
            self.silent = 0.0
            return False
        return True

    def end(self) -> None:
        """At once, and whatever it does."""
        self.process.kill()
        self.process.join(PATIENCE)


class Local:
    """`slots` worker processes, each with one thread; jobs are handed out in order."""

    def __init__(self, slots: int) -> None:
        self.count = slots

    def run(self, jobs: Sequence[Job], listener: Listener) -> None:
        work = _Run(deque(enumerate(jobs)), listener)
        try:
            work.on(self.count)
        except KeyboardInterrupt:
            _interrupt(work.slots, listener)
            raise
        finally:
            for slot in work.slots:
                slot.end()


@dataclass
class _Run:
    """Jobs and the workers that do them."""

    queue: deque[tuple[int, Job]]
    listener: Listener
    slots: list[Slot] = field(default_factory=list)
    again: set[int] = field(default_factory=set)  # jobs whose worker hung or died

    def on(self, count: int) -> None:
        """Until all is done, on so many workers."""
        polled = time.monotonic()
        while self.queue or self.slots:
            while self.queue and len(self.slots) < count:
                self.slots.append(slot := _start())
                if not self._next(slot):
                    self._dismiss(slot)
            for slot in _ready(self.slots):
                self._hear(slot)
            now = time.monotonic()
            passed = min(now - polled, 2 * POLL)  # this process may have been stopped itself
            polled = now
            for slot in [slot for slot in self.slots if slot.hangs(passed)]:
                self._replace(slot)

    def _next(self, slot: Slot) -> bool:
        """Give a free worker its next job; False where there is none left."""
        slot.k, slot.job = -1, None
        while self.queue:
            k, job = self.queue.popleft()
            if k not in self.again:
                self.listener.begin(k, job)
            try:
                slot.pipe.send(job)
            except (BrokenPipeError, ConnectionResetError):  # it died before it got anything
                slot.k, slot.job = k, job
                return True
            except Exception as error:  # it can't be sent to another process
                self.listener.end(k, job, failed(job, ERROR, f"can't be sent to a worker: {error}"))
                continue
            slot.k, slot.job, slot.before = k, job, records_of(job)
            return True
        return False

    def _hear(self, slot: Slot) -> None:
        try:
            kind, said = slot.hear()
        except GONE:
            self.slots.remove(slot)
            slot.process.join()
            if slot.job is not None:
                self._lost(slot, _why(slot.process.exitcode))
            return
        leaves = _tell(slot, kind, said, self.listener)
        if kind == "end" and (leaves or not self._next(slot)):
            self._dismiss(slot)

    def _dismiss(self, slot: Slot) -> None:
        """Of a worker for which there is nothing left to do."""
        self.slots.remove(slot)
        slot.pipe.close()
        slot.process.join(5)
        slot.end()

    def _replace(self, slot: Slot) -> None:
        """End a worker that hangs."""
        slot.end()
        self.slots.remove(slot)
        self._lost(slot, f"its worker hung: no message and no work for {span(SILENT)}")

    def _lost(self, slot: Slot, said: str) -> None:
        """Of a worker that is gone. Its job has one more chance, unless its record is there; then it is an error of the
        machine."""
        assert slot.job is not None
        if (done := finished(slot.job, slot.before)) is not None:
            self.listener.end(slot.k, slot.job, done)
        elif slot.k in self.again:
            self.listener.end(slot.k, slot.job, failed(slot.job, INFRA, f"{said}, twice"))
        else:
            self.again.add(slot.k)
            self.queue.appendleft((slot.k, slot.job))
            self.listener.note(slot.k, f"{slot.job.label}: {said}; another one takes the block over")


def _worked(process: BaseProcess) -> float | None:
    found = processes.look(process.pid) if process.pid else None
    return found.worked if found else None


def _tell(slot: Slot, kind: str, said: Any, listener: Listener) -> bool:
    """Pass a message on; whether its worker takes no other job, since a signal reached it."""
    assert slot.job is not None
    if kind == "progress":
        listener.progress(slot.k, *said)
    elif kind == "note":
        listener.note(slot.k, said)
    elif kind == "end":
        done, leaves = said
        if not isinstance(done, JobResult):  # its record could not be written
            done = JobResult(INFRA.name, str(done))
        listener.end(slot.k, slot.job, done)
        return bool(leaves)
    return False


def _ready(slots: list[Slot]) -> list[Slot]:
    pipes = wait([slot.pipe for slot in slots], timeout=POLL)
    return [slot for slot in slots if slot.pipe in pipes]


def _start() -> Slot:
    """A fresh worker; thread pools read their size when their library is loaded."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    before = {name: os.environ.get(name) for name in POOLS}
    os.environ |= dict.fromkeys(POOLS, str(THREADS))
    try:
        process = context.Process(target=serve, args=(theirs,), daemon=True)
        with signals.blocked():
            ensure_running()  # which would unblock some of them below
        with signals.blocked(), _no_main():
            process.start()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    theirs.close()
    return Slot(process, ours)


@contextmanager
def _no_main() -> Iterator[None]:
    """A worker is given its jobs, and does not run the user's script again, as spawned processes else do to find what is
    defined there: a script that calls `bench.run` needs no guard."""
    main = sys.modules["__main__"]
    before = {name: getattr(main, name) for name in ("__spec__", "__file__") if hasattr(main, name)}
    for name in before:
        setattr(main, name, None)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(main, name, value)


def _why(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name
        return f"the worker was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    return f"the worker ended with code {exitcode}"


def _interrupt(slots: list[Slot], listener: Listener) -> None:
    """Have every worker write what it has; a second Ctrl-C ends the waiting."""
    for slot in slots:
        slot.process.terminate() if slot.ready else slot.process.kill()
    deadline = time.monotonic() + PATIENCE
    left = [slot for slot in slots if slot.job is not None]
    while left and time.monotonic() < deadline:
        for slot in _ready(left):
            try:
                kind, said = slot.hear()
            except GONE:
                left.remove(slot)
                _stopped(slot, listener)
                continue
            _tell(slot, kind, said, listener)
            if kind == "end":
                left.remove(slot)
    for slot in left:
        slot.end()
        _stopped(slot, listener)


def _stopped(slot: Slot, listener: Listener) -> None:
    """The end of a job whose worker did not tell it."""
    assert slot.job is not None
    listener.end(slot.k, slot.job, failed(slot.job, INTERRUPTED, "stopped"))
