"""One run at a time on a folder of results: who holds it is said, and who is gone holds nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bench.records import store
from bench.running import owner
from bench.running.owner import Held, owned
from tests.running.processes import dead, saved, start
from tests.running.test_executors import LONG

Bench = Callable[..., subprocess.CompletedProcess[str]]
Write = Callable[[str], Path]
ELSEWHERE = replace(owner._this(), host="elsewhere", pid=1)


def place(root: Path) -> Path:
    return root / store.RUNNING / "owner"


def left_by(who: owner.Owner, root: Path, ago: float = 0.0) -> Path:
    """The file of a run that did not end by itself, touched last so many seconds ago."""
    file = place(root) / "of-another.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(asdict(who)))
    os.utime(file, (time.time() - ago,) * 2)
    return file


def test_one_at_a_time(tmp_path: Path) -> None:
    with owned(tmp_path):
        with pytest.raises(Held, match=rf"process {os.getpid()} on .*, since 20.*: wait for it, or"), owned(tmp_path):
            pass
        (tmp_path / "another").mkdir()
        with owned(tmp_path / "another"):
            pass
    assert not place(tmp_path).exists()
    with owned(tmp_path):
        pass
    assert list((tmp_path / store.RUNNING).iterdir()) == []


def test_it_is_let_go_whatever_happens(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), owned(tmp_path):
        raise KeyboardInterrupt
    assert not place(tmp_path).exists()


@pytest.mark.parametrize(
    ("who", "ago", "holds"),
    [
        (ELSEWHERE, 10.0, True),
        (ELSEWHERE, owner.STALE + 10, False),
        (owner._this(), owner.STALE + 10, True),  # this machine knows that it lives, however long it was stopped
        (replace(owner._this(), started="1"), 0.0, False),  # another process has its number
        (replace(owner._this(), space="pid:[1]"), 10.0, True),  # a container of the same name
    ],
    ids=["elsewhere", "long-silent", "stopped", "reused", "container"],
)
def test_who_is_gone_holds_nothing(tmp_path: Path, who: owner.Owner, ago: float, holds: bool) -> None:
    left_by(who, tmp_path, ago)
    if holds:
        with pytest.raises(Held), owned(tmp_path):
            pass
    else:
        with owned(tmp_path):
            pass
        assert not place(tmp_path).exists()


def test_a_dead_process_and_a_file_that_says_nothing(tmp_path: Path) -> None:
    left_by(replace(owner._this(), pid=dead(), started=""), tmp_path / "dead")
    with owned(tmp_path / "dead"):
        pass
    file = left_by(ELSEWHERE, tmp_path / "empty")
    file.write_text("")
    with pytest.raises(Held, match="of which nothing is known"), owned(tmp_path / "empty"):
        pass


def test_of_many_one_breaks_what_is_stale(tmp_path: Path) -> None:
    """All begin at the same moment, on what a dead run left."""
    left_by(replace(owner._this(), pid=dead(), started=""), tmp_path)
    gate, go, took = threading.Barrier(8), threading.Event(), list[bool]()

    def begin() -> None:
        gate.wait()
        try:
            with owned(tmp_path):
                took.append(True)
                go.wait(30)
        except Held:
            took.append(False)
        if len(took) == 8:
            go.set()

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 30
    while len(took) < 8 and time.monotonic() < deadline:
        time.sleep(0.01)
    go.set()
    for thread in threads:
        thread.join()
    assert sorted(took) == [False] * 7 + [True]


def test_a_run_that_lost_its_results_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It slept, and another one took it for dead."""
    monkeypatch.setattr(owner, "BEAT", 0.01)

    def sleep() -> None:
        with owned(tmp_path):
            (mine,) = place(tmp_path).iterdir()
            mine.unlink()
            (place(tmp_path) / "of-another.json").write_text(json.dumps(asdict(ELSEWHERE)))
            for _ in range(3000):
                time.sleep(0.01)

    with pytest.raises(Held, match="process 1 on elsewhere"):
        sleep()
    assert [file.name for file in place(tmp_path).iterdir()] == ["of-another.json"]


@pytest.mark.usefixtures("unruly")
def test_a_second_run_says_who_holds_the_results(bench: Bench, write: Write, tmp_path: Path) -> None:
    """Once the first is killed, the next one goes on at once, and nothing is left of either."""
    path, out, nap = write(LONG.replace("nap,", "nap(every=1),")), tmp_path / "out", tmp_path / "nap"
    first = saved(start(path, out, nap), out)
    second = bench("run", path, "--out", out, "--no-report")
    assert second.returncode == 6
    (said,) = second.stderr.splitlines()
    assert said.startswith(f"{out / 'toy'}: another run works on these results (process {first.pid} on ")
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    nap.unlink()
    assert bench("run", path, "--out", out, "--no-report", "--quiet").returncode == 0
    (record,) = store.load_records(out)
    assert (record["status"], record["resumed"]) == ("done", True)
    left = [file for file in (out / "toy" / store.RUNNING).rglob("*") if file.is_file() and "cache" not in file.parts]
    assert left == []
