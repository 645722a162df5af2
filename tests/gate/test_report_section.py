"""What the gate said lies beside results, or beside the night that they are of, and is a section of their report."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.gate import Report, Row, as_json
from bench.gate.report_file import FILE
from bench.gate.report_section import gate_sections
from bench.reporting import build
from bench.suite.waivers import CellMetric
from tests.gate.test_history import march, night


def judged(*methods: str) -> str:
    rows = [
        Row(CellMetric("ring", method, "modes_covered"), "values", "regression", n=3, reason="worse than the baseline")
        for method in methods
    ]
    return as_json(Report(()).with_rows(rows))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    night(tmp_path, march(1), [8.0, 7.0, 8.0])
    (found,) = tmp_path.glob("*/")
    return found


@pytest.mark.parametrize("above", [False, True], ids=["beside", "above"])
def test_it_is_told_where_its_json_lies(results: Path, above: bool, tmp_path: Path) -> None:
    assert gate_sections(results) == []
    ((results.parent if above else results) / FILE).write_text(judged("GAN"))
    (section,) = gate_sections(results)
    (part,) = section.parts
    assert part.sentences[0].startswith("Exit code 1: 1 regression; 0 tests.")
    assert "regression: ring / GAN / modes_covered (values): worse than the baseline." in part.sentences
    assert [entry.text for entry in part.tables[0].rows[0]][:3] == ["ring / GAN", "regression", "modes_covered"]
    page = build(results, tmp_path / "page", more=gate_sections).read_text()
    assert "What the gate decided" in page
    assert "What the gate decided" not in build(results, tmp_path / "page").read_text()


def test_that_of_other_results_is_not_theirs(results: Path) -> None:
    (results.parent / FILE).write_text(judged("GAN", "EDM"))
    assert gate_sections(results) == []


def test_one_that_cannot_be_read_is_a_sentence(results: Path) -> None:
    (results / FILE).write_text("{")
    (section,) = gate_sections(results)
    assert "can't be read as the JSON of 'bench gate'" in section.parts[0].sentences[0]
