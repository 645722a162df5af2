"""A living seed whose quality is not known is neither ok nor failed, wherever outcomes are counted."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.claims.evidence import Evidence
from bench.diagnostics.stability import stability
from bench.evaluation.outcomes import OutcomeRule, endings, judging, no_judgement
from bench.evaluation.references import Reference
from bench.gate.night_values import cells as cells_of
from bench.gate.nights import Night
from bench.records import store
from bench.records.frame import frame
from bench.records.terminal_table import panel
from bench.reporting.headline_table import failed
from bench.reporting.panel import panel as report_panel
from bench.reporting.results import read
from bench.running import seed_block
from bench.running.plan import plan
from bench.suite.load import load_suite
from bench.training.loop import Row

SOUND, BLIND = Reference(0.0, 0.0, 0.01, 1.0), Reference(0.0, 0.0, 1.0, 1.0)
RULE = OutcomeRule()
SUITE = """
suite: toy
seeds: 2
train: {steps: 20, batch: 8}
datasets: {ring8: ring(n=1000), point: point(dim=1)}
methods: {GAN: gan(width=8), hopeless: "gan(width=8, lr=1e38)", hopf: "hopf(mu=0.1) + simultaneous"}
"""


def end(references: dict[str, Reference], errors: tuple[str, ...] = (), died: int = -1, mmd: float = 0.0) -> str:
    rows = [Row(0, 10, "mmd_multiscale", mmd), Row(0, 10, "modes_occupied", 8.0), Row(0, 10, "high_quality_rate", 1.0)]
    rows = [row for row in rows if row.name not in errors]
    return endings([0], [died], rows, references, 8, RULE, errors)[0].outcome


def test_the_outcome() -> None:
    modes = {"modes_occupied": Reference(8, 8, 0, 1), "high_quality_rate": Reference(1, 1, 0, 0.1)}
    assert end({"mmd_multiscale": SOUND, **modes}) == "ok"
    assert end({"mmd_multiscale": BLIND, **modes}) == "unjudged"
    assert end(modes) == "unjudged"
    assert end({}, died=7) == end({"mmd_multiscale": BLIND}, died=7) == "diverged"
    assert end({"mmd_multiscale": SOUND}, ("modes_occupied",)) == "unjudged"  # it may have dropped modes
    assert end({"mmd_multiscale": SOUND}, ("modes_occupied",), mmd=1.0) == "unlearned"  # failed either way


CLEAN = Reference(0.0, 0.0, 0.001, 1.0)  # q of real data is .97 or more
SURE = {"mmd_multiscale": CLEAN, "modes_occupied": Reference(8, 8, 0, 1), "high_quality_rate": Reference(1, 1, 0, 0.1)}


def curve(q: list[float], occupied: list[float] | None = None) -> tuple[str, int | None]:
    """How a seed of these qualities ends; NaN is an evaluation without a number."""
    rows = []
    for k, value in enumerate(q):
        mmd = None if isnan(value) else (1 - value) ** 2
        rows += [Row(0, k, "mmd_multiscale", mmd), Row(0, k, "modes_occupied", (occupied or [8.0] * len(q))[k])]
        rows += [Row(0, k, "high_quality_rate", 1.0)]
    (found,) = endings([0], [-1], rows, SURE, 8, RULE)
    return found.outcome, found.step


@pytest.mark.parametrize(
    ("q", "outcome"),
    [
        ([0.6, 0, 0, 0], "unlearned"),  # one good look is not learning
        ([0.6, -1, 0.1, 0.2, 0.25, 0.29], "unlearned"),  # and what grows from below did not fall
        ([0.9, 0.9, 0.9, 0.0], "ok"),  # one bad look is no collapse
        ([0.9, 0.9, 0.9, 0.0, 0.0], "collapsed"),
        ([0.9, 0.9, float("nan"), 0.9], "ok"),
        ([float("nan"), 0.9], "ok"),  # of fewer than three each counts
        ([0.9, 0.0], "collapsed"),
        ([0.0, 0.9], "ok"),
        ([float("nan")] * 4, "unjudged"),  # other metrics have numbers
    ],
)
def test_a_single_evaluation_decides_nothing_where_there_are_three(q: list[float], outcome: str) -> None:
    assert curve(q)[0] == outcome


def test_modes_that_are_missed_once_are_not_dropped() -> None:
    assert curve([0.8] * 5, [8, 8, 8, 8, 4]) == ("ok", None)
    assert curve([0.8] * 5, [8, 8, 8, 4, 4]) == ("mode-dropping", 4)
    assert curve([0.8] * 5, [4, 4, 4, 4, 4]) == ("mode-dropping", 0)


def test_modes_are_counted_against_what_as_many_real_samples_occupy() -> None:
    """A thousand modes and a thousand samples: real data occupies 630 of them."""
    rows = [Row(0, 1, "mmd_multiscale", 0.0), Row(0, 1, "modes_occupied", 620.0), Row(0, 1, "high_quality_rate", 1.0)]
    thousand = {**SURE, "modes_occupied": Reference(632, 632, 9, 600)}
    assert endings([0], [-1], rows, thousand, 1000, RULE)[0].outcome == "ok"
    few = [row._replace(value=400.0) if row.name == "modes_occupied" else row for row in rows]
    assert endings([0], [-1], few, thousand, 1000, RULE)[0].outcome == "mode-dropping"


def test_where_real_data_itself_may_read_unlearned_nobody_is_judged() -> None:
    """It tells the null by five deviations, and still real samples read q = .2 by chance."""
    shaky = Reference(0.0, 0.0, 0.2, 1.0)
    assert shaky.tells_null
    rows = [Row(0, 1, "mmd_multiscale", 0.0)]
    assert endings([0], [-1], rows, {"mmd_multiscale": shaky}, None, RULE)[0].outcome == "unjudged"
    why = no_judgement(["mmd_multiscale"], {"mmd_multiscale": shaky}, {}, None, RULE)
    assert why == "mmd_multiscale varies so much that real data itself may read below learned=0.5; use a larger n"


def test_the_reason() -> None:
    names = ["mmd_multiscale", "mmd_multiscale_digits", "modes_occupied"]
    both = {"mmd_multiscale": SOUND, "mmd_multiscale_digits": SOUND, "modes_occupied": SOUND}
    assert no_judgement(names, both, {}, 8, RULE) is None
    assert no_judgement(names, both, {"mmd_multiscale": "E: why"}, 8, RULE) is None  # it is told from the last one
    assert no_judgement(names, both, {"mmd_multiscale_digits": "E: why"}, 8, RULE) == "mmd_multiscale_digits: E: why"
    assert list(judging(names, both, {"mmd_multiscale_digits"})) == ["modes_occupied"]
    assert no_judgement(names, both, {"modes_occupied": "E: why"}, 8, RULE) == "modes_occupied: E: why"
    assert no_judgement(names, both, {"modes_occupied": "E: why"}, None, RULE) is None
    assert no_judgement([], {}, {}, None, RULE) == "no metric is measured, so only divergence is seen"
    assert "use a larger n" in str(no_judgement(names[:1], {"mmd_multiscale": BLIND}, {}, None, RULE))


def run(tmp_path: Path, more: str) -> Path:
    path = tmp_path / "toy.yaml"
    path.write_text(SUITE + more)
    todo = plan(load_suite(path), tmp_path / "results")
    for job in todo.jobs:
        assert seed_block.run(job).status in ("done", "diverged")
    return todo.root


@pytest.mark.parametrize(
    "more", ["metrics: [modes_covered(n=3)]\nquality: mmd_multiscale(n=3)\n", "probes: [losses]\n"]
)
def test_a_run_without_quality(tmp_path: Path, more: str) -> None:
    """Too few samples to tell anything, and no metric at all: only divergence is seen."""
    root = run(tmp_path, more)
    ended = {(r["dataset"]["label"], r["method"]["label"]): r["seeds"][0]["outcome"] for r in store.load_records(root)}
    assert ended["ring8", "GAN"] == ended["point", "hopf"] == "unjudged"
    assert ended["ring8", "hopeless"] == "diverged"
    rows = {(r["dataset"], r["method"]): r for r in stability(store.load(root)).to_dict("records")}
    assert (rows["ring8", "GAN"]["ok"], rows["ring8", "GAN"]["unjudged"]) == (0, 2)
    assert isnan(rows["ring8", "GAN"]["failure_rate"])
    assert (rows["ring8", "hopeless"]["unjudged"], rows["ring8", "hopeless"]["failure_rate"]) == (0, 1.0)
    assert set(frame(root)["outcome"]) == {"unjudged", "diverged"}
    cells = {(c.dataset, c.method): c for c in read(root).cells}
    assert failed(cells["ring8", "GAN"]).text == "no quality"
    assert failed(cells["ring8", "hopeless"]).text == "2/2"
    assert cells["point", "hopf"].failures == []
    assert any("unjudged, neither ok nor failed" in note.lower() for note in read(root).notes)
    shown = report_panel(read(root), "ring8")
    assert shown is not None
    lines = {row[0].text: [entry.text for entry in row] for row in shown.rows}
    assert lines["GAN"][1] == "no quality"
    assert lines["hopeless"][1].startswith("2/2 ")
    night = Night("2026-03-01", root, "", tuple(store.load_records(root)))
    failures = {
        method: found[0].numbers["failures"].tolist() for (d, method), found in cells_of(night).items() if d == "ring8"
    }
    assert failures["GAN"] == [0.0, 0.0]  # nobody died
    assert failures["hopeless"] == [1.0, 1.0]


def test_the_panel_says_no_quality(tmp_path: Path) -> None:
    from rich.console import Console

    root = run(tmp_path, "metrics: [modes_covered(n=100)]\n")
    (record,) = (
        r for r in store.load_records(root) if (r["dataset"]["label"], r["method"]["label"]) == ("ring8", "GAN")
    )
    assert record["seeds"][0]["outcome"] != "unjudged"
    view = panel(root)
    assert view is not None
    screen = Console(width=100, record=True)
    screen.print(view)
    hopf = next(line for line in screen.export_text().splitlines() if "point" in line and "hopf" in line)
    assert "no quality" in hopf
    assert "2 unjudged" in hopf
    assert "nan" not in hopf


def claim_frame(**outcomes: str) -> pd.DataFrame:
    rows: list[dict[str, Any]] = [
        {"dataset": "d", "method": m, "seed": k, "step": 1, "kind": "score", "name": "x", "value": 1.0, "outcome": o}
        for m, told in outcomes.items()
        for k, o in enumerate(told.split())
    ]
    return pd.DataFrame(rows)


def test_failures_of_the_unjudged() -> None:
    """Beside their like, to fail is to die; beside seeds whose quality is known, failures are unlike things."""
    both = Evidence(claim_frame(a="unjudged unjudged diverged", b="unjudged unjudged unjudged"), {})
    assert [both.seed_values("", "d", m).failed for m in "ab"] == [1, 0]
    assert both.protocols("", "d", ("a", "b")) is None
    mixed = Evidence(claim_frame(a="unjudged unjudged", b="done collapsed"), {})
    assert "quality is known for some seeds only on d" in str(mixed.protocols("", "d", ("a", "b")))
    assert mixed.protocols("x", "d", ("a", "b")) is None  # values are as good as ever


def test_records_of_before_are_read(tmp_path: Path) -> None:
    root = run(tmp_path, "metrics: [modes_covered(n=100)]\n")
    import json

    for file in root.rglob("record.json"):
        kept = json.loads(file.read_text())
        for name in ("references", "unjudged", "metric_errors", "probe_errors", "broken", "files", "checksum"):
            del kept[name]
        kept["seeds"] = [{"seed": e["seed"], "outcome": "ok", "step": None} for e in kept["seeds"]]
        file.write_text(json.dumps(kept))
    assert {fate.outcome for cell in read(root).cells for fate in cell.fates.values()} == {"ok"}
    assert stability(store.load(root))["failure_rate"].tolist() == [0.0] * 6
