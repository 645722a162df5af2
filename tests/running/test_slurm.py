"""Blocks as jobs of submitit, whose local executor stands in for a cluster: `tox -e slurm`, or wherever submitit is installed."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("submitit")

from bench.records import store
from bench.running.executors import _shared
from bench.running.executors.base import NoExecutor
from bench.running.executors.slurm import CLUSTER, OPTIONS, Slurm, options_of
from bench.running.plan import plan
from bench.suite.load import load_suite
from tests.running.elsewhere import TEXT, Heard, tables
from tests.running.processes import LISTED
from tests.suite.own_files import own

Bench = Callable[..., subprocess.CompletedProcess[str]]
Write = Callable[[str], Path]


def test_records_are_those_of_this_machine(
    bench: Bench, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CLUSTER, "local")
    path, there, here = write(TEXT.format(steps=60)), tmp_path / "there", tmp_path / "here"
    done = bench("run", path, "--executor", "slurm", "--out", there, "--no-report")
    assert done.returncode == 0, done.stderr
    assert "EDM · seeds-0-1: done" in done.stderr
    assert bench("run", path, "--out", here, "--no-report").returncode == 0
    ours, theirs = tables(there / "toy"), tables(here / "toy")
    assert ours.keys() == theirs.keys()
    assert len(ours) == 4
    for name, table in ours.items():
        pd.testing.assert_frame_equal(table, theirs[name], check_exact=True)
    assert not list(there.rglob(f"*{_shared.ENDING}"))


@LISTED
def test_a_preempted_block_is_queued_again_and_goes_on(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CLUSTER, "local")
    todo = plan(load_suite(write(TEXT.format(steps=3000)), None), tmp_path / "there")
    executor, heard, handed = Slurm(2), Heard(), []
    submitted = executor._submitted
    monkeypatch.setattr(executor, "_submitted", lambda jobs: handed.extend(submitted(jobs)) or handed)
    work = threading.Thread(target=executor.run, args=(todo.jobs[:1], heard))
    work.start()
    checkpoint = todo.jobs[0].checkpoint
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert checkpoint.exists()
    (task,) = handed
    controller = task.handle._process.pid
    (child,) = Path(f"/proc/{controller}/task/{controller}/children").read_text().split()
    os.kill(int(child), signal.SIGUSR2)  # as Slurm warns a job that it preempts
    work.join(300)
    assert heard.said[0] == ("begin", 0)
    assert heard.said[-1] == ("end", 0, "done")
    (record,) = store.load_records(todo.root)
    assert (record["status"], record["resumed"]) == ("done", True)


def test_what_a_cluster_is_told() -> None:
    assert options_of("slurm_partition=gpu timeout_min=30") == {"slurm_partition": "gpu", "timeout_min": 30}
    with pytest.raises(NoExecutor, match="BENCH_SLURM: 'gpu' is no option; write name=value"):
        options_of("gpu")


def test_an_option_that_submitit_does_not_know_is_a_line(
    bench: Bench, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CLUSTER, "local")
    monkeypatch.setenv(OPTIONS, "partitoin=gpu")
    done = bench("run", write(TEXT.format(steps=10)), "--executor", "slurm", "--no-report")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "BENCH_SLURM" in done.stderr
    assert "partitoin" in done.stderr


def test_without_slurm_it_says_so(bench: Bench, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CLUSTER, raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    done = bench("run", write(TEXT.format(steps=10)), "--executor", "slurm", "--no-report")
    assert done.returncode == 2
    assert "no Slurm is found here" in done.stderr


def test_a_job_carries_a_suites_own_code(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CLUSTER, "local")
    own(tmp_path / "lab")
    done = bench("run", "lab/own.yaml", "--executor", "slurm", "--no-report", "--slots", 1)
    assert done.returncode == 0, done.stderr
    assert {record["status"] for record in store.load_records(tmp_path / "results" / "own")} == {"done"}
