"""What a cell was run with, then and now, as short pairs, in every format."""

import json
from xml.etree import ElementTree

from rich.console import Console

from bench.gate import Cell, Report, Row, as_json, ci_annotations, junit, markdown, reasons, summary, terminal
from bench.gate.baseline import Baseline, read, write
from bench.gate.changes import changed, differences, facts, line
from bench.suite.waivers import CellMetric
from tests.gate.test_baseline import some

CELL = Cell("ring", "a")


def record(lr=0.002, code="aaaa", commit="607a70c1d3c8", torch="2.14.0", decay=None, **more):
    method = [{"word": "gan", "options": {"lr": lr, "loss": "hinge"}}]
    method += [{"word": "ema", "options": {"decay": decay}}] if decay else []
    return {
        "dataset": {"label": "ring", "word": "ring", "options": {"modes": 8}},
        "method": {"label": "a", "options": method},
        "train": {"steps": 1000, "batch": 64},
        "versions": {"torch": torch, "numpy": "2.4.6", "python": "3.11.7"},
        "device": {"kind": "cpu", "name": "EPYC"},
        "commit": commit, "code": code, "created": "2026", **more,
    }  # fmt: skip


def between(then, now):
    return line(differences(facts([then])[CELL], facts([now])[CELL]))


def test_pairs_of_what_differs_and_nothing_else():
    assert between(record(), record()) == ""
    assert between(record(), record(lr=0.01, torch="2.15.0")) == "gan.lr 0.002 → 0.01, torch 2.14.0 → 2.15.0"
    assert between(record(), record(train={"steps": 500, "batch": 64})) == "train.steps 1000 → 500"
    assert between(record(), record(decay=0.9)) == "ema – → used, ema.decay – → 0.9"
    assert between(record(decay=0.9), record()) == "ema used → –, ema.decay 0.9 → –"
    assert between(record(), record(device={"kind": "cpu", "name": "Xeon"})) == "device cpu EPYC → cpu Xeon"


def test_a_commit_counts_where_the_code_of_the_cell_differs():
    assert between(record(), record(commit="e8ec8de1e301")) == ""
    assert between(record(), record(code="bbbb", commit="e8ec8de1e301")) == "code at commit 607a70c → e8ec8de"
    assert between(record(), record(code="bbbb")) == "code aaaa → bbbb"  # not committed yet
    old = {k: v for k, v in record().items() if k != "code"}
    assert between(old, record(lr=0.01, commit="e8ec8de1e301")) == "gan.lr 0.002 → 0.01, commit 607a70c → e8ec8de"


def test_the_commit_of_the_suite_counts_where_its_author_wrote_something_else():
    then, now = {"suite_commit": "111aaaa222"}, {"suite_commit": "333bbbb444+"}
    assert between(record(**then), record(**now)) == ""
    assert between(record(**then), record(torch="2.15.0", **now)) == "torch 2.14.0 → 2.15.0"
    assert between(record(**then), record(lr=0.01, **now)) == "gan.lr 0.002 → 0.01, suite at commit 111aaaa → 333bbbb+"
    assert between(record(**then), record(code="bbbb", **now)) == "suite at commit 111aaaa → 333bbbb+"
    assert between(record(**then), record(code="bbbb", commit="e8ec8de1e301", **now)) == (
        "code at commit 607a70c → e8ec8de, suite at commit 111aaaa → 333bbbb+"
    )
    assert between(record(), record(lr=0.01, **now)) == "gan.lr 0.002 → 0.01"  # a record of before


def test_versions_that_records_of_before_do_not_tell_are_no_difference():
    def versions(**more):
        return {"versions": {"torch": "2.14.0", "numpy": "2.4.6", "python": "3.11.7", **more}}

    assert between(record(), record(**versions(scipy="1.16"))) == ""
    assert between(record(**versions(scipy="1.16")), record()) == ""
    assert between(record(**versions(scipy="1.15")), record(**versions(scipy="1.16"))) == "scipy 1.15 → 1.16"
    assert (
        between(record(**versions(mine="1")), record(lr=0.01, **versions(mine="2")))
        == "gan.lr 0.002 → 0.01, mine 1 → 2"
    )


def test_two_equal_stabilizers_and_blocks_that_differ():
    twice = record()
    twice["method"]["options"] *= 2
    assert facts([twice])[CELL].keys() >= {"gan.lr", "gan2.lr"}
    several = facts([record(), record(torch="2.15.0", created="2027"), record(torch="2.14.0", created="2028")])
    assert several[CELL]["torch"] == "2.14.0, 2.15.0"


def test_what_an_old_header_says_of_all_cells_is_used():
    header = {"versions": {"torch": ["2.13.0"], "python": ["3.11.7"]}, "commits": ["607a70c1d3c8"]}
    told = changed(Baseline(some().pools, provenance=header), facts([record(commit="e8ec8de1e301")]))
    assert line(told[CELL]) == "torch 2.13.0 → 2.14.0, commit 607a70c → e8ec8de"


def test_a_baseline_keeps_them(tmp_path):
    known = facts([record()])[CELL]
    write(tmp_path / "b.jsonl", Baseline(some().pools, cells={"ring": {"a": known}}))
    assert changed(read(tmp_path / "b.jsonl"), facts([record(lr=0.01)])) == {CELL: (("gan.lr", "0.002", "0.01"),)}


def reported(caveats=()):
    pairs = (("gan.lr", "0.002", "0.01"),)
    rows = [Row(CellMetric("ring", "a", "fd"), "values", "regression", reason="bad")]
    rows += [Row(CellMetric("ring", "b", "fd"), "values", "pass")]
    return Report((), 2, {}, caveats, {CELL: pairs, Cell("ring", "b"): pairs}).with_rows(rows)


def told_in(report):
    console = Console(width=300, force_terminal=False)
    with console.capture() as shown:
        console.print(terminal(report), *reasons(report), summary(report), soft_wrap=True)
    return {
        "text": shown.get(), "markdown": markdown(report), "junit": junit(report), "json": as_json(report),
        "annotations": "\n".join(ci_annotations(report)),
    }  # fmt: skip


def test_every_format_says_why():
    found = told_in(reported())
    for name in ("text", "markdown", "junit", "annotations"):
        assert "bad; changed: gan.lr 0.002 → 0.01" in found[name].replace("%3A", ":"), name
        assert found[name].count("gan.lr") == 1, name  # a pass needs no explanation
    assert ElementTree.fromstring(found["junit"]).find("testcase/failure") is not None
    rows = json.loads(found["json"])["rows"]
    assert [row["changes"] for row in rows] == [[{"what": "gan.lr", "then": "0.002", "now": "0.01"}]] * 2


def test_every_format_says_that_a_baseline_is_small_or_uncalibrated():
    said = "a baseline of fewer than 20 seeds (ring / a has 3 seeds) fires too often or not at all"
    for name, text in told_in(reported((said, "the rule is not calibrated on this baseline"))).items():
        assert said in " ".join(text.split()), name
        assert "not calibrated" in text, name
