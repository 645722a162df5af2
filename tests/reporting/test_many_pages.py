"""A suite of many cells: a page for every data set, and figures of the cells that are asked for."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

import bench.reporting
from bench.reporting import ReportError
from bench.reporting.write_report import ONE_PAGE


@pytest.fixture(scope="module")
def large(fake: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("large") / "many"
    for k in range(ONE_PAGE + 1):
        dataset = ("ring8", "grid25")[k % 2]
        fake.write(root, dataset, f"method {k}", seeds=range(2), q=True, losses=False, metrics=("modes_covered",))
    return root


def test_every_data_set_has_a_page(large: Path, tmp_path: Path) -> None:
    page = bench.reporting.build(large, tmp_path / "out")
    text = page.read_text(encoding="utf-8")
    links = re.findall(r'href="(data/[^"]+)"', text)
    assert sorted(links) == ["data/grid25.html", "data/ring8.html"]
    ring = (page.parent / "data" / "ring8.html").read_text(encoding="utf-8")
    assert "method 0" in ring
    assert "method 1<" not in ring
    assert 'href="../index.html"' in ring
    assert "--only" in ring  # where the figures are
    assert list((page.parent / "figures").iterdir()) == []
    assert (page.parent / "tables" / "stability-ring8.csv").exists()


def test_figures_are_drawn_for_what_is_asked_for(large: Path, tmp_path: Path) -> None:
    page = bench.reporting.build(large, tmp_path / "out", "ring8 / method 1*")
    text = page.read_text(encoding="utf-8")
    assert "toys: ring8 / method 1*" in text
    assert "method 10" in text
    assert "method 2<" not in text
    assert (page.parent / "figures" / "outcomes-ring8.png").exists()


def test_a_pattern_of_nothing_is_one_line(large: Path, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="'nobody' chooses no cell; give 'DATASET', 'METHOD' or 'DATASET / METHOD'"):
        bench.reporting.build(large, tmp_path / "out", "nobody")
