"""Folders of results joined: every record once, nothing changed, and what two folders disagree about named."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

import bench
from bench.records import store
from bench.records.merge import merge
from tests.records.test_store import keep


def folder(at: Path, *, suite: str = "suite: toy\n", plan: str = '{"seeds": [0, 1, 2, 3], "cells": []}') -> Path:
    """results/toy of one machine."""
    root = at / "toy"
    root.mkdir(parents=True)
    (root / "suite.yaml").write_text(suite)
    (root / "plan.json").write_text(plan)
    return root


def test_seeds_of_two_machines_become_one_folder(tmp_path: Path) -> None:
    a, b = folder(tmp_path / "a"), folder(tmp_path / "b")
    keep(a, seeds=(0, 1))
    keep(b, seeds=(2, 3), scores=[(2, 20, "m", 0.25), (3, 20, "m", 0.75)], traces=[])
    before = sorted(p.read_bytes() for p in (*a.rglob("record.json"), *b.rglob("record.json")))
    done = merge([a, b], tmp_path / "c")
    assert (done.copied, done.known, done.conflicts, done.suites) == (2, 0, [], [tmp_path / "c" / "toy"])
    frame = bench.load(tmp_path / "c")
    assert set(frame["seed"]) == {0, 1, 2, 3}
    assert sorted(p.read_bytes() for p in (tmp_path / "c").rglob("record.json")) == before
    csv = pd.read_csv(tmp_path / "c" / "toy" / "scores.csv")
    assert sorted(csv["value"].dropna()) == sorted(frame[frame["kind"] == "score"]["value"].dropna())
    assert (tmp_path / "c" / "toy" / "plan.json").read_bytes() == (a / "plan.json").read_bytes()
    assert not list((tmp_path / "c").rglob("record.*@*"))


def test_parents_of_several_suites_may_be_given(tmp_path: Path) -> None:
    keep(folder(tmp_path / "a"))
    keep(folder(tmp_path / "b"), seeds=(5,), scores=[], traces=[])
    assert merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c").copied == 2


def test_a_record_that_is_there_is_not_copied_again(tmp_path: Path) -> None:
    a = folder(tmp_path / "a")
    keep(a)
    shutil.copytree(a, tmp_path / "copy" / "toy")
    done = merge([a, tmp_path / "copy"], tmp_path / "c")
    assert (done.copied, done.known, done.conflicts) == (1, 1, [])
    assert merge([a], tmp_path / "c").copied == 0
    assert merge([tmp_path / "c"], tmp_path / "c").copied == 0


def test_other_numbers_under_one_key_are_named_and_kept(tmp_path: Path) -> None:
    a, b = folder(tmp_path / "a"), folder(tmp_path / "b")
    keep(a, created="1")
    keep(b, created="2", scores=[(0, 20, "m", 0.5), (1, 20, "m", 0.5)])
    done = merge([a, b], tmp_path / "c")
    assert done.copied == 2
    (said,) = done.conflicts
    assert "ring8 / GAN, seeds 0, 1: two results of one key have other numbers: " in said
    assert len(store.load_records(tmp_path / "c")) == 2


def test_generations_of_one_folder_do_not_contradict_each_other(tmp_path: Path) -> None:
    """A metric that was scored again may leave the record of before: both are of one machine, and the newest counts."""
    a = folder(tmp_path / "a")
    keep(a, created="1")
    keep(a, created="2", scores=[(0, 20, "m", 0.5), (1, 20, "m", 0.5)])
    assert merge([a], tmp_path / "c").conflicts == []


@pytest.mark.parametrize("other", [{"key": "z" * 16}, {"status": "error"}])
def test_another_key_or_a_failure_contradicts_nothing(tmp_path: Path, other: dict[str, str]) -> None:
    a, b = folder(tmp_path / "a"), folder(tmp_path / "b")
    keep(a, created="1")
    keep(b, created="2", scores=[(0, 20, "m", 0.5), (1, 20, "m", 0.5)], **other)
    assert merge([a, b], tmp_path / "c").conflicts == []


def test_another_suite_of_the_name_is_named_once_and_the_first_kept(tmp_path: Path) -> None:
    a, b = folder(tmp_path / "a"), folder(tmp_path / "b", plan='{"seeds": [9], "cells": []}')
    keep(a)
    keep(b, method="R1", key="r" * 16)
    keep(b, method="R2", key="s" * 16)
    done = merge([a, b], tmp_path / "c")
    assert done.conflicts == [
        f"{b / 'plan.json'} is another one than {tmp_path / 'c' / 'toy' / 'plan.json'}, which is kept"
    ]
    assert "[0, 1, 2, 3]" in (tmp_path / "c" / "toy" / "plan.json").read_text()


def test_trials_come_along(tmp_path: Path) -> None:
    a = folder(tmp_path / "a")
    keep(a)
    keep(a / store.TRIALS, key="t" * 16)
    merge([tmp_path / "a"], tmp_path / "c")
    assert len(store.load_records(tmp_path / "c" / "toy" / store.TRIALS)) == 1
    assert len(store.load_records(tmp_path / "c")) == 1


@pytest.mark.filterwarnings("ignore")
def test_a_spoilt_record_is_not_carried_along(tmp_path: Path) -> None:
    a = folder(tmp_path / "a")
    keep(a)
    file = next(a.rglob("scores.parquet"))
    file.write_bytes(file.read_bytes()[:-1])
    assert merge([a], tmp_path / "c").copied == 0


def test_what_was_interrupted_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a = folder(tmp_path / "a")
    for key in "xyz":
        keep(a, method=key, key=key * 16)
    rename, count = os.rename, 0

    def fails(draft: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt
        rename(draft, target)
        return target

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(KeyboardInterrupt):
        merge([a], tmp_path / "c")
    assert merge([a], tmp_path / "c").copied == 2
    assert len(store.load_records(tmp_path / "c")) == 3
    assert not list((tmp_path / "c").rglob("record.*@*"))


def test_the_command(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from bench.commands.merge import command

    a, b = folder(tmp_path / "a"), folder(tmp_path / "b")
    keep(a, created="1")
    keep(b, created="2", scores=[(0, 20, "m", 0.5), (1, 20, "m", 0.5)])
    call = CliRunner().invoke
    done = call(command, [str(a), "--into", str(tmp_path / "c")])
    assert (done.exit_code, done.stdout) == (0, f"1 records copied, 0 there already: {tmp_path / 'c' / 'toy'}\n")
    done = call(command, [str(a), str(b), "--into", str(tmp_path / "d")])
    assert done.exit_code == 3
    assert done.stderr.startswith("conflict: ring8 / GAN, seeds 0, 1: two results of one key")
    done = call(command, [str(tmp_path / "nowhere"), "--into", str(tmp_path / "d")])
    assert (done.exit_code, "there is no such folder" in done.stderr) == (2, True)
    inside = call(command, [str(a), "--into", str(a / "ring8")])
    assert (inside.exit_code, "would hold its records twice" in inside.stderr) == (2, True)
