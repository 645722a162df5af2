"""Nights from the command line: seeds of a date, folders of nights, their history."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bench.gate.baseline import Baseline, BaselineValues
from bench.gate.baseline import write as write_baseline
from bench.records import store
from bench.records.verdicts import verdicts
from bench.stats import Measure
from bench.suite.stored_suite import stored_suite
from bench.suite.waivers import CellMetric
from tests.gate.test_history import march, night

SUITE = """
suite: toy
seeds: {nightly: 2}
train: {steps: 8, batch: 8}
datasets:
  ring8: ring(n=500)
methods:
  GAN: gan(width=8, depth=1)
metrics: [modes_covered(n=100)]
"""


def test_a_night_is_run_under_its_date(bench, write, tmp_path):
    path = write(SUITE)
    said = "2 seeds of 2026-03-01 (20260301000 to 20260301001)"
    planned = bench("plan", path, "--night", "2026-03-01").stdout
    assert said in planned
    assert "20260301000-20260301001" in planned.replace("\n", "")
    done = bench("run", path, "--night", "2026-03-01", "--out", "nights/2026-03-01", "--no-report")
    assert done.returncode == 0, done.stderr
    (record,) = store.load_records(tmp_path / "nights")
    assert [entry["seed"] for entry in record["seeds"]] == [20260301000, 20260301001]
    assert record["night"] == "2026-03-01"
    shown = bench("history", "nights", "--json", "o/history.json")
    assert shown.returncode == 0, shown.stderr
    assert "can show from" in shown.stdout
    kept = json.loads((tmp_path / "o/history.json").read_text())
    assert {s["metric"] for s in kept["series"]} >= {"failures", "modes_covered", "quality"}
    assert stored_suite(tmp_path / "nights/2026-03-01/toy")["seeds"] == {"nightly": 2}
    assert verdicts(tmp_path / "nights/2026-03-01/toy") == []


def test_a_night_and_seeds_are_not_both_given(bench, write):
    path = write(SUITE)
    for words in (["--night", "2026-03-01", "--seeds", "3"], ["--seeds", "3", "--night", "2026-03-01"]):
        done = bench("plan", path, *words)
        assert done.returncode == 2
        assert "--seeds and --night both choose the seeds: give one of them" in done.stderr
    assert bench("plan", path, "--night", "March").returncode == 2
    assert bench("plan", path, "--seeds", "0-20260301000").returncode == 2


def test_a_folder_of_results_is_no_folder_of_nights(bench, tmp_path):
    night(tmp_path / "results", "s", [1.0])
    (tmp_path / "results/s/suite.yaml").write_text("suite: s\n")
    for folder in ("results", "results/s"):
        done = bench("history", folder)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert "expected a folder that holds a folder of results for every night" in done.stderr


def test_a_change_is_shown_and_what_the_numbers_do_not_show_is_said(bench, tmp_path):
    rng = np.random.default_rng(0)
    for day in range(1, 25):
        values = (8 + rng.normal(size=3)).tolist() if day < 13 else [None] * 3
        night(tmp_path / "nights", march(day), values, f"commit{day:03d}", seeds=range(3 * day, 3 * day + 3))
        if day != 20:
            night(tmp_path / "nights", march(day), [1.0, 2.0], method="EDM", folder="ring/edm")
    done = bench("history", "nights", "--json", "history.json")
    assert done.returncode == 0, done.stderr
    assert "missing: ring / EDM (no record): 2026-03-20" in done.stdout
    assert "22 of 47 cells of nights repeat an earlier night bit for bit" in done.stdout
    kept = json.loads((tmp_path / "history.json").read_text())
    (one,) = [s for s in kept["series"] if (s["method"], s["metric"]) == ("GAN", "modes")]
    assert (one["change"]["at"], one["change"]["after"]) == (march(13), None)
    (row,) = [line for line in done.stdout.splitlines() if "modes" in line and "GAN" in line]
    assert "failed" in row


def test_a_page_of_nights(bench, tmp_path):
    for day in range(1, 4):
        night(tmp_path / "nights", march(day), [8.0, 7.0, float(day)], seeds=range(3 * day, 3 * day + 3))
    kept = BaselineValues(CellMetric("ring", "GAN", "modes"), tuple(range(40)), tuple(range(40)), Measure(True))
    write_baseline(tmp_path / "base.jsonl", Baseline({kept.key: kept}))
    done = bench("history", "nights", "--html", "o/nights.html", "--baseline", "base.jsonl")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "o/nights.html").read_text()
    assert text.count('<svg class="cell nights"') == 1
    assert "Band: 40 seeds of the baseline." in text
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["nights.html"]  # no draft is left


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--baseline", "base.jsonl"], 2, "--baseline draws bands on a page: give --html FILE as well"),
        (["--html", "o.html", "--baseline", "none.jsonl"], 2, "none.jsonl: no such baseline"),
        (["--html", "nights"], 2, "nights: can't be written: "),
        (["--html", "o.html", "--only", "VAE"], 5, "no cell is called 'VAE'"),
    ],
)
def test_mistakes_about_a_page_are_a_line(bench, tmp_path, words, code, said):
    night(tmp_path / "nights", march(1), [8.0])
    (tmp_path / "o.html").write_text("of yesterday")
    done = bench("history", "nights", *words)
    assert done.returncode == code
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "o.html").read_text() == "of yesterday"


def test_block_names_of_seeds_that_lie_far_apart():
    """A range from the least to the largest seed was laid out in memory: with a date's seeds, 20 thousand million."""
    assert store.block_name([0, 20260301000]).startswith("seeds-0-20260301000-")
    assert store.block_name([3, 4, 5]) == "seeds-3-5"
    assert store.block_name([5, 4, 3]) != "seeds-3-5"
    assert store.block_name([]) == "seeds-none"
