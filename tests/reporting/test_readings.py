"""A metric that can't tell decides nothing; one that is best near real data's value is compared by its distance from it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from bench.reporting import build
from bench.reporting.cost import time_to_quality
from bench.reporting.headline_table import sentences, verdict
from bench.reporting.results import read
from bench.reporting.sensitivity import sensitivities
from bench.reporting.stability import stability
from bench.reporting.summary import columns

MUTE = {"modes_covered": {"real": 8.0, "deviation": 1.0, "null": 6.0, "tells": False}}
NEAR = {"modes_covered": {"real": 6.0, "deviation": 0.1, "null": 0.0, "tells": True}}


def values(folder: Path, last: list[float], first: float = 0.0) -> None:
    """The seeds' curves of modes_covered: at the first value, then at their last one from half-way on."""
    (path,) = folder.glob("scores.parquet")
    rows = pd.read_parquet(path)
    mine = rows["name"] == "modes_covered"
    late = rows["step"] >= 10_000
    rows.loc[mine, "value"] = np.where(late[mine], np.array(last)[rows.loc[mine, "seed"]], first)
    rows.to_parquet(path)


@pytest.fixture
def mute(fake: ModuleType, tmp_path: Path) -> Path:
    """GAN is far better by modes_covered, which can't tell."""
    for method, last in (("GAN", 8.0), ("EDM", 2.0)):
        values(fake.write(tmp_path / "r", "ring8", method, metrics=("modes_covered",), references=MUTE), [last] * 10)
    return tmp_path / "r"


@pytest.fixture
def near(fake: ModuleType, tmp_path: Path) -> Path:
    """Real data has 6: EDM has 7 and is nearer than GAN, which has the more."""
    for method, last in (("GAN", 8.0), ("EDM", 7.0)):
        more = {"metrics": ("modes_covered",), "references": NEAR, "two_sided": ("modes_covered",)}
        values(fake.write(tmp_path / "r", "ring8", method, **more), [last] * 10)
    return tmp_path / "r"


def test_what_can_not_tell_is_said_everywhere_and_decides_nowhere(mute: Path) -> None:
    results = read(mute)
    (column,) = columns(results, "ring8")
    assert (column.winner(), column.leaders()) == (None, [])
    (table,) = verdict(results, "ring8")
    gan = table.rows[0]
    assert [entry.text for entry in gan[2:]] == ["can't tell"] * 3
    assert not any(entry.best for row in table.rows for entry in row)
    for text in (table.csv(), table.markdown().replace("\\", ""), table.caption):
        assert "can't tell" in text
    assert sentences(results, "ring8")[0].startswith("modes_covered can't tell: real data reads 8 ± 1")
    assert time_to_quality(results, "ring8") is None
    assert [entry.text for entry in stability(results, "ring8")[-1].rows[0][1:]] == ["can't tell"] * 4


def test_the_written_report_says_so_too(mute: Path, tmp_path: Path) -> None:
    out = build(mute, tmp_path / "out").parent
    texts = [out / "index.html", *[out / "tables" / f"verdict-ring8.{kind}" for kind in ("csv", "tex")]]
    for path in texts:
        assert path.read_text(encoding="utf-8").replace("&#39;", "'").count("can't tell") >= 6


def test_nearest_to_real_wins_and_is_shown_in_its_own_units(near: Path) -> None:
    results = read(near)
    (column,) = columns(results, "ring8")
    assert column.title == "modes_covered → 6"
    assert [column.winner(of) for of in ("last", "best", "area")] == ["EDM"] * 3
    (table,) = verdict(results, "ring8")
    shown = {row[0].text: [entry.value for entry in row[2:]] for row in table.rows}
    assert shown["GAN"][:2] == [8, 8]
    assert shown["EDM"][:2] == [7, 7]
    assert shown["EDM"][2] == pytest.approx((4.5 * 6 + 0.5 * 1 + 5 * 1) / 10)  # |m - 6| by trapezoids: 6 until 8 000
    assert "the nearer to x" in table.caption


def test_the_best_evaluation_is_the_nearest_one(fake: ModuleType, tmp_path: Path) -> None:
    more = {"metrics": ("modes_covered",), "references": NEAR, "two_sided": ("modes_covered",)}
    values(fake.write(tmp_path, "ring8", "GAN", **more), [8.0] * 10, first=5.0)
    (column,) = columns(read(tmp_path), "ring8")
    assert set(column.curves["GAN"].best) == {5.0}


def test_time_is_taken_to_a_distance(near: Path) -> None:
    table = time_to_quality(read(near), "ring8")
    assert table is not None
    assert table.columns[1] == "|modes_covered − 6| ≤ 2"  # no floor of distances: the second of the two last medians
    assert [row[1].text.partition(" ")[0] for row in table.rows] == ["10\u202f000"] * 2


def test_a_grids_best_setting_is_the_nearest(fake: ModuleType, tmp_path: Path) -> None:
    more = {"metrics": ("modes_covered",), "references": NEAR, "two_sided": ("modes_covered",)}
    for setting, last in (("1", 8.0), ("2", 6.5), ("3", 1.0)):
        values(fake.write(tmp_path, "ring8", f"GAN [lr={setting}]", **more), [last] * 10)
    table = sensitivities(read(tmp_path), "ring8")
    assert table is not None
    _, title, best, value, works, regret, cap = table.rows[0]
    assert (title.text, best.text, value.value) == ("modes_covered → 6", "lr=2", 6.5)
    assert (works.text, cap.value) == ("2/3", 6.0)  # distances 2, .5 and 5 of 6: halfway to the best is 3.25
    assert regret.value == pytest.approx((2 + 0.5 + 5) / 3 - 0.5)


def test_records_without_references_are_compared_by_direction(fake: ModuleType, tmp_path: Path) -> None:
    for method, last in (("GAN", 8.0), ("EDM", 7.0)):
        values(fake.write(tmp_path, "ring8", method, metrics=("modes_covered",)), [last] * 10)
    (column,) = columns(read(tmp_path), "ring8")
    assert (column.title, column.winner()) == ("modes_covered ↑", "GAN")


def test_a_method_that_left_the_suite_is_no_rival(fake: ModuleType, tmp_path: Path) -> None:
    for method, last in (("GAN", 8.0), ("EDM", 7.0), ("DDGAN", 2.0)):
        values(fake.write(tmp_path, "ring8", method, metrics=("modes_covered",)), [last] * 10)
    (tmp_path / "suite.yaml").write_text("suite: toys\ndatasets: {ring8: ring()}\nmethods: {EDM: edm, DDGAN: ddgan}\n")
    results = read(tmp_path)
    (column,) = columns(results, "ring8")
    assert (results.methods, column.winner()) == (["EDM", "DDGAN"], "EDM")
    assert results.notes[0] == "Cells left out, no longer in the suite: GAN (ring8)."
    assert set(results.frame["method"]) == {"EDM", "DDGAN"}
