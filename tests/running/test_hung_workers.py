"""A worker that neither speaks nor works is ended, and its block has one more chance."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.records import processes, store
from bench.running.executors import local
from bench.running.job import JobResult
from tests.running.processes import LISTED, saved, start, workers
from tests.running.test_executors import LONG

Write = Callable[[str], Path]
IMPATIENT = "from bench.running.executors import local; local.SILENT = 4.0; from bench.__main__ import main; main()"


@pytest.mark.usefixtures("unruly")
@LISTED
def test_a_stopped_worker_is_replaced(write: Write, tmp_path: Path) -> None:
    out, nap = tmp_path / "out", tmp_path / "nap"
    process = saved(start(write(LONG), out, nap, program=("-c", IMPATIENT)), out)
    for pid in workers(process.pid):
        os.kill(pid, signal.SIGSTOP)
    nap.unlink()
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert said.count("its worker hung: no message and no work for 4.0 s; another one takes the block over") == 1
    (record,) = store.load_records(out)
    assert (record["status"], record["resumed"]) == ("done", True)


class Told:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.notes: list[str] = []
        self.ended: list[JobResult] = []

    def begin(self, k: int, job: Any) -> None:
        self.begun.append(k)

    def progress(self, k: int, step: int, alive: int, steps: int) -> None:
        return

    def note(self, k: int, text: str) -> None:
        self.notes.append(text)

    def end(self, k: int, job: Any, done: JobResult) -> None:
        self.ended.append(done)


class Silent:
    """A worker's process and its pipe, which takes a job and never answers."""

    pid = 1
    alive = True

    def send(self, job: object) -> None:
        return

    def kill(self) -> None:
        self.alive = False

    def join(self, timeout: float) -> None:
        assert not self.alive


class Labelled:
    label = "ring8 / GAN · seeds-0-1"


def test_twice_is_an_error_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "SILENT", 0.0)
    monkeypatch.setattr(local, "_worked", lambda process: 7.0)
    monkeypatch.setattr(local, "WORK", 1.0)
    monkeypatch.setattr(local, "_ready", lambda slots: time.sleep(0.01) or [])
    monkeypatch.setattr(local, "failed", lambda job, why, reason: JobResult(why.name, reason))
    monkeypatch.setattr(local, "records_of", lambda job: frozenset())
    monkeypatch.setattr(local, "finished", lambda job, before: None)
    monkeypatch.setattr(local, "_start", lambda: local.Slot(silent := Silent(), silent))  # type: ignore[arg-type]
    told, jobs = Told(), deque(enumerate([Labelled(), Labelled()]))
    local._Run(jobs, told).on(1)  # type: ignore[arg-type]
    assert told.begun == [0, 1]
    assert len(told.notes) == 2
    assert [(one.status, str(one.reason).endswith("twice")) for one in told.ended] == [("infra", True)] * 2


def test_a_job_that_cannot_be_sent_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(Silent):
        def send(self, job: object) -> None:
            raise TypeError("cannot pickle")

        def close(self) -> None:
            self.alive = False

    monkeypatch.setattr(local, "failed", lambda job, why, reason: JobResult(why.name, reason))
    monkeypatch.setattr(local, "_start", lambda: local.Slot(pipe := Refusing(), pipe))  # type: ignore[arg-type]
    told, jobs = Told(), deque(enumerate([Labelled(), Labelled()]))
    local._Run(jobs, told).on(2)  # type: ignore[arg-type]
    assert [one.status for one in told.ended] == ["error", "error"]


def slot(monkeypatch: pytest.MonkeyPatch, worked: list[float | None]) -> local.Slot:
    """A worker for which a processor has worked so long, each time that it is asked."""
    monkeypatch.setattr(local, "_worked", lambda process: worked.pop(0))
    return local.Slot(Silent(), Silent())  # type: ignore[arg-type]


def test_a_worker_that_works_is_not_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an evaluation that takes an hour; nor one of which nothing is known."""
    for known in ([10.0, 10.0 + local.SILENT], [None, None]):
        one = slot(monkeypatch, [*known, *known])
        assert not one.hangs(local.SILENT)
        assert not one.hangs(local.SILENT)
    hung = slot(monkeypatch, [10.0, 10.0])
    assert not hung.hangs(local.SILENT / 2)
    assert hung.hangs(local.SILENT / 2)


def test_what_the_system_tells_of_a_process() -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("this system has no /proc")
    me = processes.look(os.getpid())
    assert me
    assert me.alive
    assert me.worked > 0
    assert processes.lives(os.getpid(), me.started)
    assert not processes.lives(os.getpid(), "another's")
    process = subprocess.Popen([sys.executable, "-c", ""])
    while processes.lives(process.pid, ""):  # until it is a zombie, which is not alive
        time.sleep(0.01)
    process.wait()
    assert processes.look(process.pid) is None
