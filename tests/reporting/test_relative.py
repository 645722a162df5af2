"""Every method relative to a chosen one: signs, intervals, and nothing where the two are unlike."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

import bench.reporting
from bench.records.side_by_side import methods
from bench.reporting.relative import relative_to
from bench.reporting.results import ReportError, read


@pytest.fixture(scope="module")
def root(fake: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """EDM is much better than GAN, DDGAN was measured otherwise; on the grid there is GAN alone."""
    folder: Path = tmp_path_factory.mktemp("relative") / "toys"
    fake.write(folder, "ring8", "GAN", quality=0.1, died={3: 9000, 4: 1000}, losses=False)
    fake.write(folder, "ring8", "EDM", quality=0.9, losses=False)
    fake.write(folder, "ring8", "DDGAN", protocol="p2", losses=False)
    fake.write(folder, "grid25", "GAN", losses=False)
    return folder


def test_signs_and_intervals_are_those_of_the_comparison(root: Path) -> None:
    section = relative_to(read(root), root, "GAN")
    (table,) = (table for part in section.parts for table in part.tables if table.rows)
    rows = {row[0].text: dict(zip(table.columns, row, strict=True)) for row in table.rows}
    assert list(rows) == ["DDGAN", "EDM"]
    known = {one.name: one for one in methods(root, "GAN", "EDM").effects}
    edm, distance = rows["EDM"], known["sliced_wasserstein"]
    assert (edm["sliced_wasserstein"].value, edm["sliced_wasserstein"].low) == (distance.gain, distance.low)
    assert distance.gain > 0  # a distance that is lower is a gain
    assert edm["sliced_wasserstein"].text[0].isdigit()
    assert edm["sliced_wasserstein"].best == (distance.low > 0)
    assert edm["failures"].value == pytest.approx(0.2)
    assert rows["DDGAN"]["sliced_wasserstein"].text == "incomparable"
    assert (
        "Incomparable (A: GAN, B: the method): protocol differs: p1modes_covered (A) vs p2modes_covered (B)."
        in table.caption
    )


def test_turned_round_the_signs_turn(root: Path) -> None:
    section = relative_to(read(root), root, "EDM")
    (table,) = (table for part in section.parts for table in part.tables if table.rows)
    gan = next(row for row in table.rows if row[0].text == "GAN")
    assert gan[1].value == pytest.approx(-0.2)
    assert gan[1].text.startswith("−0.2")
    assert not gan[1].best
    assert gan[2].high is not None
    assert gan[2].high < 0


def test_a_method_without_a_result_is_a_line(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="no method 'VAE' has a result; there are"):
        bench.reporting.build(root, tmp_path / "out", relative_to="VAE")
    assert not (tmp_path / "out").exists()


def test_the_section_stands_in_the_page_where_it_is_asked_for(root: Path, tmp_path: Path) -> None:
    page = bench.reporting.build(root, tmp_path / "out", relative_to="GAN")
    assert "Relative to GAN on ring8" in page.read_text(encoding="utf-8")
    assert (tmp_path / "out/tables/relative-ring8.csv").is_file()
