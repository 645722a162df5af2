"""Numbers of papers in a suite, and beside what was measured."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import pytest

from bench.reporting import build
from bench.reporting.published import beside_papers
from bench.reporting.results import read
from bench.suite.load import load_suite
from bench.suite.stored_suite import stored_suite
from bench.suite.yaml_lines import SuiteError
from tests.reporting import fake

SUITE = """
suite: toys
seeds: 10
train: {steps: 10}
datasets: {ring8: ring}
methods: {GAN: gan, EDM: edm}
metrics: [modes_covered]
published:
  - %s
"""
GOOD = "{method: GAN, on: ring8, source: 'Lin et al. 2018, table 1', modes_covered: [6.3, 0.5]}"


def write(folder: Path, row: str) -> Path:
    path = folder / "suite.yaml"
    path.write_text(SUITE % row)
    return path


def test_a_number_has_a_mean_and_perhaps_a_deviation(tmp_path: Path) -> None:
    (one,) = load_suite(write(tmp_path, GOOD)).published
    assert (one.method, one.dataset, one.metric, one.mean, one.deviation) == ("GAN", "ring8", "modes_covered", 6.3, 0.5)
    (one,) = load_suite(write(tmp_path, GOOD.replace("[6.3, 0.5]", "6.3"))).published
    assert isnan(one.deviation)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("method: GAN", "method: WGAN", "suite.yaml:9: published: this suite has no method 'WGAN'"),
        ("on: ring8", "on: ring9", "this suite has no data set 'ring9'; did you mean 'ring8'"),
        ("modes_covered", "modes_cover", "this suite has no metric 'modes_cover'; did you mean 'modes_covered'"),
        ("[6.3, 0.5]", "many", r"published.modes_covered: expected a number, or \[mean, deviation\], not 'many'"),
        ("[6.3, 0.5]", "[6.3, -0.5]", r"expected a number, or \[mean, deviation\], not \[6.3, -0.5\]"),
        ("on: ring8", "on: [ring8]", "published.on: expected a text, not a list"),
        ("method: GAN", "method: ''", "published.method: is empty"),
        (", source: 'Lin et al. 2018, table 1'", "", "the key 'source' is missing"),
        (", modes_covered: [6.3, 0.5]", "", "gives no number"),
    ],
)
def test_what_is_no_published_number_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        load_suite(write(tmp_path, GOOD.replace(old, new)))


def test_a_report_puts_it_beside_what_was_measured(tmp_path: Path) -> None:
    root = tmp_path / "toys"
    fake.write(root, "ring8", "GAN", died={3: 500})
    write(root, GOOD)
    table = beside_papers(read(root), stored_suite(root), "ring8")
    assert table is not None
    ((method, metric, paper, here, seeds, gap, source),) = table.rows
    assert (method.text, metric.text, seeds.text) == ("GAN", "modes_covered", "9, 1 dead")
    assert paper.text.split(" ± ")[0].startswith("6.3")
    assert source.text == "Lin et al. 2018, table 1"
    assert gap.value == pytest.approx(here.value - 6.3)
    assert "Beside the papers" in build(root, tmp_path / "out").read_text(encoding="utf-8")


def test_without_published_numbers_there_is_no_table(tmp_path: Path) -> None:
    root = tmp_path / "toys"
    fake.write(root, "ring8", "GAN")
    assert beside_papers(read(root), {}, "ring8") is None
