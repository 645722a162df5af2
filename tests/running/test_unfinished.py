"""What a run says in the end: of everything that was asked for, whichever run it was that failed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.records import store
from bench.running import seed_block
from bench.running.plan import plan
from bench.running.run import start
from bench.running.seed_block import _blame
from bench.running.unfinished import unfinished
from bench.suite.load import load_suite

Bench = Callable[..., subprocess.CompletedProcess[str]]
Write = Callable[[str], Path]
TEXT = """
suite: toy
seeds: 2
train: {steps: 4, batch: 8}
datasets: {ring8: ring(n=100)}
methods: {good: gan(width=8), wrong: gan(width=8) + wrong}
metrics: [modes_covered(n=50)]
"""
LAST = r"ring8 / wrong: 2 of 2 seeds have no result: error: RuntimeError: first line \(unruly\.py:\d+\) \(see "


@pytest.mark.usefixtures("unruly")
def test_a_settled_error_is_no_success_the_second_time(bench: Bench, write: Write) -> None:
    path = write(TEXT)
    for _ in range(2):
        done = bench("run", path, "--no-report")
        assert done.returncode == 4
        assert re.search(LAST, done.stderr)
        assert "it is tried again once its code changes, or with --force" in done.stderr
        assert "ring8 / good: " not in done.stderr.splitlines()[-2]
    assert bench("run", path, "--no-report", "--only", "good").returncode == 0


def test_seeds_that_nobody_ran_are_named(write: Write, tmp_path: Path) -> None:
    todo = plan(load_suite(write(TEXT.replace(", wrong: gan(width=8) + wrong", ""))), tmp_path)
    assert unfinished(todo) == ["ring8 / good: 2 of 2 seeds have no result: not run"]
    (job,) = todo.jobs
    seed_block.run(job)
    assert unfinished(todo) == []


def test_a_result_is_not_undone_by_a_later_failure(write: Write, tmp_path: Path) -> None:
    todo = plan(load_suite(write(TEXT.replace(", wrong: gan(width=8) + wrong", ""))), tmp_path)
    (job,) = todo.jobs
    seed_block.run(job)
    seed_block.failed(job, seed_block.ERROR, "later")
    assert {record["status"] for record in store.load_records(todo.root)} == {"done", "error"}
    assert unfinished(todo) == []


def test_the_path_and_whether_all_is_there_are_returned(write: Write, tmp_path: Path) -> None:
    path = write(TEXT.replace(", wrong: gan(width=8) + wrong", ""))
    assert start(path, tmp_path, slots=1, quiet=True) == (tmp_path / "toy", True)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OSError(28, "No space left on device"), "infra"),
        (FileNotFoundError("weights.pt"), "infra"),
        (ModuleNotFoundError("No module named 'x'"), "infra"),
        (MemoryError(), "oom"),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
            "oom",
        ),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), "error"),
        (ZeroDivisionError("division by zero"), "error"),
    ],
)
def test_the_surroundings_are_tried_again_and_the_method_is_not(error: Exception, status: str) -> None:
    assert _blame(error).name == status
