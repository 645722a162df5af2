"""A worker of the executor `local`: a process that is handed blocks of seeds and says how each of them ended."""

from __future__ import annotations

import os
import threading
import time
import warnings
from multiprocessing.connection import Connection, wait
from multiprocessing.process import parent_process

import torch

from bench.plugins import BrokenPlugin, first_line
from bench.running import signals
from bench.running.cell_keys import THREADS
from bench.running.job import Job, JobResult
from bench.running.seed_block import failed
from bench.running.seed_block import run as work
from bench.stats.outcomes import INTERRUPTED

EVERY = 0.25  # seconds between two reports of progress


def serve(pipe: Connection) -> None:
    """Jobs come in through the pipe, progress and ends go out, until the pipe is closed or a signal asks for a stop."""
    _die_with_parent()
    signals.stop_once()
    torch.set_num_threads(THREADS)
    warnings.showwarning = lambda message, *_, **__: _send(pipe, "note", " ".join(str(message).split()))
    try:
        pipe.send(("ready", None))
        leaves = False
        while not leaves:
            try:
                job = pipe.recv()
            except BrokenPlugin as error:  # the suite's own code is not there, or not what it was
                pipe.send(("end", (first_line(error), False)))
                continue
            done = _attempt(job, pipe)
            leaves = signals.asked()
            pipe.send(("end", (done, leaves)))
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return


def _attempt(job: Job, pipe: Connection) -> JobResult | str:
    last = 0.0

    def progress(step: int, alive: int, steps: int) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= EVERY or step == steps:
            last = now
            _send(pipe, "progress", (step, alive, steps))

    try:
        signals.release()
        return work(job, progress)
    except KeyboardInterrupt:  # before its first step, or while its record was written
        return failed(job, INTERRUPTED, "stopped")
    except OSError as error:
        return f"its record can't be written: {error.strerror or error}"
    finally:
        signals.hold()


def _send(pipe: Connection, kind: str, said: object) -> None:
    """A message goes out whole: a stop waits until it has."""
    with signals.held():
        pipe.send((kind, said))


def _die_with_parent() -> None:
    """A worker ends with its parent, even one that was killed."""
    parent = parent_process()
    if parent is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: (wait([sentinel]), os._exit(1)), daemon=True).start()
