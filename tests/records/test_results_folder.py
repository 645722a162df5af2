"""What a person who names the wrong folder is told."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

import bench
from bench.commands.show import command as show
from bench.records import store
from bench.records.results_folder import several
from bench.records.terminal_table import panel, table
from tests.reporting import fake as fake_results

MUTE = {"modes_covered": {"real": 8.0, "deviation": 1.0, "null": 6.0, "tells": False}}


@pytest.fixture
def fake() -> ModuleType:
    return fake_results


@pytest.mark.parametrize("read", [bench.load, bench.load_records])
def test_a_wrong_folder_is_one_clear_line(read: object, tmp_path: Path) -> None:
    """It was an empty frame."""
    for folder, said in ((tmp_path / "absent", "no such folder"), (tmp_path, "no record in it")):
        with pytest.raises(FileNotFoundError, match=said) as caught:
            read(folder)  # type: ignore[operator]
        assert "results/<suite>" in str(caught.value)


def test_suites_of_a_parent_folder_are_told_apart(fake: ModuleType, tmp_path: Path) -> None:
    for name in ("a", "b"):
        folder = fake.write(tmp_path / name, "ring8", "EDM", seeds=range(2), losses=False)
        record = folder / "record.json"
        record.write_text(record.read_text(encoding="utf-8").replace('"suite": "toys"', f'"suite": "{name}"'))
    frame = bench.load(tmp_path)
    assert bench.stability(frame)[["suite", "seeds"]].to_numpy().tolist() == [["a", 2], ["b", 2]]
    shown = CliRunner().invoke(show, [str(tmp_path)])
    assert shown.exit_code == 2
    assert f"{tmp_path}: holds 2 suites; give one of {tmp_path / 'a'}, {tmp_path / 'b'}" in shown.output


def test_a_data_sets_folder_can_be_shown_from_within(
    fake: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.write(tmp_path, "ring8", "EDM", seeds=range(2), losses=False)
    monkeypatch.chdir(tmp_path / "ring8")
    assert several(Path(), store.load_records(".")) == ""


def texts(root: Path) -> list[list[str]]:
    """The rows of `bench show`'s table."""
    return [list(row) for row in zip(*(column.cells for column in table(root).columns), strict=True)]  # type: ignore[arg-type]


def test_the_table_keeps_the_suites_order_and_leaves_out_what_left_it(fake: ModuleType, tmp_path: Path) -> None:
    for dataset in ("ring8", "grid25"):
        for method in ("EDM", "DDGAN", "GAN"):
            fake.write(tmp_path, dataset, method, seeds=range(2), losses=False)
    (tmp_path / "suite.yaml").write_text(
        "suite: toys\ndatasets: {ring8: ring(), grid25: grid()}\nmethods: {GAN: gan, EDM: edm}\n"
    )
    order = [["ring8", "GAN"], ["ring8", "EDM"], ["grid25", "GAN"], ["grid25", "EDM"]]
    assert [row[:2] for row in texts(tmp_path)] == order
    cells = bench.load(tmp_path)[["dataset", "method"]].drop_duplicates().to_numpy().tolist()
    assert [cell for cell in cells if cell[1] != "DDGAN"] == order
    assert "no longer in the suite: DDGAN (grid25, ring8)" in str(table(tmp_path).caption)


def test_the_table_says_what_can_not_tell_and_what_is_best_near_to_real(fake: ModuleType, tmp_path: Path) -> None:
    near = {"sliced_wasserstein": {"real": 0.5, "deviation": 0.01, "null": 0.1, "tells": True}}
    more = {"references": MUTE | near, "two_sided": ("sliced_wasserstein",)}
    fake.write(tmp_path, "ring8", "GAN", seeds=range(2), losses=False, **more)
    view = table(tmp_path)
    assert [str(column.header) for column in view.columns][3:5] == ["modes_covered ↑", "sliced_wasserstein →"]
    assert texts(tmp_path)[0][3] == "can't tell"
    assert "sliced_wasserstein → 0.5 on ring8" in str(view.caption)
    assert "modes_covered can't tell: real data reads 8 ± 1" in str(view.caption)


def test_there_is_no_panel_without_quality(fake: ModuleType, tmp_path: Path) -> None:
    fake.write(tmp_path, "ring8", "GAN", seeds=range(2), losses=False)
    assert panel(tmp_path) is None


def test_of_a_cell_that_is_skipped_by_now_only_the_reason_is_shown(fake: ModuleType, tmp_path: Path) -> None:
    fake.write(tmp_path, "ring8", "GAN", seeds=range(2), losses=False)
    fake.write(tmp_path, "ring8", "EDM", seeds=range(2), losses=False)
    fake.write(tmp_path, "ring8", "EDM", status="skipped", reason="too dear", created="2026-01-03T00:00:00+00:00")
    (tmp_path / "suite.yaml").write_text(
        "suite: toys\ndatasets: {ring8: ring()}\nmethods: {GAN: gan, EDM: edm}\n"
        "skip: [{dataset: ring8, method: EDM, reason: too dear}]\n"
    )
    assert [row[:2] for row in texts(tmp_path)] == [["ring8", "GAN"]]
    assert "skipped cells: 1 × too dear" in str(table(tmp_path).caption)
