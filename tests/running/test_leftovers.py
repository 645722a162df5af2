"""What killed runs left is removed, and nothing that anybody still needs."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from bench.records import store
from bench.records.drafts import OLD
from bench.records.under_way import ENDING
from bench.running.leftovers import remove, remove_finished
from tests.records.test_store import keep
from tests.running.processes import dead


def test_drafts_of_processes_that_are_gone_are_removed(tmp_path: Path) -> None:
    host, gone = socket.gethostname(), dead()
    running, trials = tmp_path / store.RUNNING, tmp_path / store.TRIALS / store.RUNNING / "ring8" / "gan"
    trials.mkdir(parents=True)
    running.mkdir()
    removed = [
        running / f"record.{gone}@{host}.0a",
        running / "record-abc_1",  # of an earlier version
        running / "cache" / "tmp1.part",
        tmp_path / f".suite.yaml.{gone}@{host}.draft",
        tmp_path / ".scores.csv.7@elsewhere.draft",
        trials / f".seeds-0-9.pt.{gone}@{host}.draft",
    ]
    kept = [
        running / f"record.{os.getpid()}@{host}.0a",
        running / "record-abc_2",
        running / "record.7@elsewhere.0a",
        tmp_path / ".notes",
        trials / "seeds-0-9.pt",
    ]
    for path in removed + kept:
        if path.name.startswith("record"):
            path.mkdir()
        else:
            path.parent.mkdir(exist_ok=True)
            path.touch()
    long_ago = time.time() - OLD - 10
    for path in (removed[1], removed[2], removed[4], kept[0], kept[3], kept[4]):
        os.utime(path, (long_ago, long_ago))
    remove(tmp_path)
    assert [path for path in removed if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []


@pytest.mark.parametrize(
    ("status", "age", "running", "left"),
    [
        ("done", 10, False, False),
        ("timeout", 10, False, True),  # a longer limit continues there
        ("infra", 10, False, True),
        ("done", -10, False, True),  # of a run with --force that was stopped later
        ("done", 10, True, True),
    ],
    ids=["finished", "timeout", "failed", "newer", "to be run"],
)
def test_checkpoints_of_what_is_finished(tmp_path: Path, status: str, age: float, running: bool, left: bool) -> None:
    """A run was killed when the record was in its place and the checkpoint not yet removed."""
    folder = keep(tmp_path, status=status, seeds=[0, 1])
    checkpoint = tmp_path / store.RUNNING / folder.parent.relative_to(tmp_path) / "seeds-0-1.pt"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.touch()
    so_far = checkpoint.with_name("seeds-0-1" + ENDING)
    so_far.touch()
    written = (folder / "record.json").stat().st_mtime
    os.utime(checkpoint, (written - age, written - age))
    remove_finished(tmp_path, store.load_records(tmp_path), [checkpoint] if running else [])
    assert checkpoint.exists() == left
    assert so_far.exists() == left  # else it would be said to be under way for good


def test_what_is_not_under_way_any_more_though_its_checkpoint_went_first(tmp_path: Path) -> None:
    folder = keep(tmp_path, seeds=[0, 1])
    so_far = tmp_path / store.RUNNING / folder.parent.relative_to(tmp_path) / f"seeds-0-1{ENDING}"
    so_far.parent.mkdir(parents=True)
    so_far.touch()
    remove_finished(tmp_path, store.load_records(tmp_path), [])
    assert not so_far.exists()
