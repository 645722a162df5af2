"""Cells of a stored suite agree with those that the suite itself plans."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.suite.load import load_suite
from bench.suite.stored_cells import StoredCells, stored_cells
from bench.suite.stored_suite import stored_suite

SUITES = sorted((Path(__file__).parents[2] / "suites").glob("*.yaml"))


def stored(path: Path, folder: Path) -> StoredCells:
    (folder / "suite.yaml").write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    return stored_cells(stored_suite(folder))


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_every_cell_of_today_is_held_in_the_suites_order(path: Path, tmp_path: Path) -> None:
    found, suite = stored(path, tmp_path), load_suite(path)
    cells = [(cell.dataset.label, cell.method.label) for cell in suite.planned()]
    assert all(found.holds(*cell) for cell in cells)
    place = {one.label: k for k, one in enumerate([*suite.datasets, *suite.methods])}
    plain = [cell for cell in cells if cell[1] in place]
    assert sorted(plain, key=lambda cell: found.rank(*cell)) == sorted(plain, key=lambda cell: [place[x] for x in cell])


def cells(datasets: str, methods: str, folder: Path, more: str = "") -> StoredCells:
    text = f"suite: s\ndatasets: {datasets}\nmethods: {methods}\n{more}"
    (folder / "suite.yaml").write_text(text, encoding="utf-8")
    return stored_cells(stored_suite(folder))


def test_what_was_taken_out_is_not_held(tmp_path: Path) -> None:
    found = cells("{ring: ring()}", "{A: 'gan(lr=[1e-3, 3e-3], betas=(0.0, 0.9))', B: gan}", tmp_path)
    assert found.holds("ring", "A [lr=0.003]")
    assert found.holds("ring", "B")
    for gone in (("ring", "A [lr=0.01]"), ("ring", "C"), ("grid", "B"), ("ring", "B [lr=0.001]")):
        assert not found.holds(*gone)


def test_points_of_a_grid_stand_in_the_grids_order(tmp_path: Path) -> None:
    found = cells("{ring: ring()}", "{B: 'gan(lr=[3e-2, 1e-3])', A: gan}", tmp_path)
    labels = ["A", "B [lr=0.001]", "B [lr=0.03]", "gone"]
    assert sorted(labels, key=lambda m: found.rank("ring", m)) == ["B [lr=0.03]", "B [lr=0.001]", "A", "gone"]


def test_a_cell_that_no_experiment_asks_for_is_gone(tmp_path: Path) -> None:
    asked = "experiments:\n  e: {on: ring, methods: [A], train: {steps: 7}}\n  f: {on: grid}\n"
    found = cells("{ring: ring(), grid: grid()}", "{A: gan, B: vae}", tmp_path, asked)
    assert found.holds("ring", "A [steps=7]")
    assert found.holds("grid", "B")
    assert not found.holds("ring", "A")
    assert not found.holds("ring", "B [steps=7]")


def test_a_list_without_a_name_tells_no_point_apart(tmp_path: Path) -> None:
    assert cells("{ring: ring()}", "{A: 'gan([1e-3, 3e-3])'}", tmp_path).holds("ring", "A [lr=0.5]")


def test_without_a_suite_everything_is_held(tmp_path: Path) -> None:
    assert stored_cells(stored_suite(tmp_path)).holds("ring", "A")
