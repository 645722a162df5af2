"""Which of several runs of a cell count: those of the setting that the suite asks for now, whenever they were made."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench.records import store
from bench.records.notes import elsewhere
from bench.records.stored_plan import StoredCell, write_plan
from tests.records.test_store import keep

OLD, NEW = "a" * 16, "b" * 16


@pytest.fixture
def root(tmp_path: Path) -> Path:
    keep(tmp_path, key=OLD, created="2026-01-01T00:00:00", scores=[(0, 20, "m", 1.0), (1, 20, "m", 1.0)])
    keep(tmp_path, key=NEW, created="2026-01-02T00:00:00", scores=[(0, 20, "m", 2.0), (1, 20, "m", 2.0)])
    return tmp_path


def asked(root: Path, key: str) -> None:
    write_plan(root, [0, 1], {("ring8", "GAN"): StoredCell(key, 0)})


def values(frame: pd.DataFrame) -> set[float]:
    return set(frame.loc[frame["kind"] == "score", "value"])


def shown(root: Path) -> set[float]:
    return values(store.load(root, kinds=("score",)))


def test_the_newest_counts_where_no_plan_says_otherwise(root: Path) -> None:
    assert shown(root) == {2.0}


def test_a_suite_that_went_back_to_an_earlier_setting_shows_that(root: Path) -> None:
    asked(root, OLD)
    assert shown(root) == {1.0}
    assert {record["key"] for record in store.current(store.load_records(root))} == {OLD}
    assert elsewhere(store.load_records(root)) == []
    asked(root, NEW)
    assert shown(root) == {2.0}
    assert values(store.load(root, kinds=("score",), everything=True)) == {1.0, 2.0}


def test_results_of_other_settings_alone_are_passed_over_and_said(root: Path) -> None:
    asked(root, "c" * 16)
    assert shown(root) == set()
    (said,) = elsewhere(store.load_records(root))
    assert said == "passed over, run under other settings than the suite's: ring8 / GAN; run the suite"
