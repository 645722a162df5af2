"""What of a tuned suite is tuned: lengths of trials, experiments, methods beside themselves, suites that tune no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.records import store, tuned
from bench.running import run as running
from bench.running.cells import alike, cells
from bench.running.plan import plan
from bench.running.tuning import tuning
from bench.suite.load import load_suite
from tests.running.tuned_suite import TEXT, Here

Write = Callable[[str], Path]


def test_trials_may_be_shorter_and_smoke_runs_are(write: Write, tmp_path: Path) -> None:
    text = TEXT.replace("  seeds: 2\n", "  seeds: 2\n  train: {budget: {gradients: 12}}\n")
    path = write(text)
    lengths = {job.cell.tuning["trial"]["of"]: job.cell.train.steps for job in tuning(load_suite(path), tmp_path).jobs}
    assert lengths == {"WGAN": 4, "EDM": 12}
    assert {cell.train.steps for cell in plan(load_suite(path), tmp_path).cells} == {13, 41}
    smoke = running.prepare(path, steps=3)
    assert {job.cell.train.steps for job in tuning(smoke, tmp_path).jobs} == {3}
    assert {cell.train.steps for cell in plan(smoke, tmp_path).cells} == {3}


def test_a_method_may_stand_beside_itself_untuned(write: Write) -> None:
    suite = load_suite(write(TEXT.replace("plain: edm(width=5", "plain: edm(width=4")))
    assert alike(cells(suite)) == []  # EDM will have another setting
    assert len(alike(cells(replace(suite, methods=tuple(replace(m, space=None) for m in suite.methods))))) == 1


def test_experiments_share_the_trials_of_a_cell(write: Write, tmp_path: Path) -> None:
    asked = """
experiments:
  one: {methods: [EDM, plain]}
  two: {methods: [EDM, WGAN]}
  long: {methods: [EDM], train: {budget: {gradients: 50}}}
"""
    suite = load_suite(
        write(TEXT.replace("claims: {tuned wins: {is: EDM, better_than: WGAN, in: quality}}\n", "") + asked)
    )
    todo = tuning(suite, tmp_path)
    assert {search.name[1]: search.trials[0].cell.train.steps for search in todo.searches} == {
        "EDM": 41, "WGAN": 13, "EDM [gradients=50]": 50,
    }  # fmt: skip
    assert len(todo.jobs) == 9
    assert {job.cell.method.label.count("[") for job in todo.jobs} == {1}
    assert len(tuning(suite, tmp_path, only="long").jobs) == 3


def test_a_suite_that_tunes_no_more_forgets_what_was_tuned(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "find", lambda word: lambda slots: Here())
    text = TEXT.replace("41", "9")
    root, _ = running.start(write(text), tmp_path, quiet=True, only="EDM")
    assert (root / tuned.FILE).exists()
    running.start(write(text[: text.index("tune:")]), tmp_path, quiet=True, only="EDM")
    assert not (root / tuned.FILE).exists()
    newest = store.current(store.load_records(root))
    assert ["tuned" in record for record in newest] == [False]
