"""Real runs of `bench`, as a scheduler has them: in a process group of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

LISTED = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="this system does not list a process's children"
)


def start(
    path: Path, out: Path, nap: Path, *words: str, program: Sequence[str] = ("-m", "bench")
) -> subprocess.Popen[str]:
    """A run that takes its time for as long as `nap` exists."""
    nap.touch()
    return subprocess.Popen(
        [sys.executable, *program, "run", str(path), "--out", str(out), "--no-report", *words],
        env={**os.environ, "NAP": str(nap), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, preexec_fn=_hears,
    )  # fmt: skip


def _hears() -> None:
    """Tests may be run by what ignores signals (`nohup`, a job in the background), and what they start would too."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)


def await_(process: subprocess.Popen[str], there: Callable[[], object]) -> subprocess.Popen[str]:
    """Until something is there, while the process lives."""
    deadline = time.monotonic() + 120
    while not there():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


def saved(process: subprocess.Popen[str], out: Path) -> subprocess.Popen[str]:
    """Until a checkpoint is written."""
    return await_(process, lambda: list(out.rglob("seeds-*.pt")))


def workers(pid: int) -> list[int]:
    """The children of a process that train."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
            found.append(int(child))
    return found


def dead() -> int:
    """The number of a process that was."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid
