"""The gate as a CI server meets it: commands, files, exit codes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
SUITE = """
suite: toy
seeds: 4
train: {steps: 12, batch: 8}
datasets:
  ring: ring(n=500, std=0.05)
methods:
  GAN: gan(width=8, depth=1)
  EDM: edm(width=8, depth=1, sample_steps=4)
metrics: [sliced_wasserstein(n=100), high_quality_rate(n=100)]
gate: {against: base.jsonl, within: {sliced_wasserstein: 0}}
"""
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def bench(folder, *words):
    command = [sys.executable, "-m", "bench", *map(str, words)]
    return subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=240, check=False
    )


def one_line(done, said):
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


@pytest.fixture(scope="module")
def promoted(tmp_path_factory):
    """A suite, the results of its own seeds, and a baseline of twenty others."""
    folder = tmp_path_factory.mktemp("gate")
    (folder / "toy.yaml").write_text(SUITE)
    done = bench(folder, "run", "toy.yaml", "--seeds", "100-119", "--out", "then", "--no-report", "--quiet")
    assert done.returncode == 0, done.stderr
    done = bench(folder, "baseline", "promote", "then/toy", "--out", "base.jsonl", "--repetitions", "20")
    assert done.returncode == 0, done.stderr
    assert "base.jsonl: 12 lines" in done.stdout
    return folder


@pytest.fixture
def folder(promoted, tmp_path):
    """A copy that a test may spoil."""
    shutil.copytree(promoted, tmp_path / "x")
    return tmp_path / "x"


def changed(folder, edit):
    """The baseline, every line edited."""
    lines = [json.loads(line) for line in (folder / "base.jsonl").read_text().splitlines()]
    for line in lines[1:]:
        edit(line)
    unsealed = [{word: value for word, value in line.items() if word != "checksum"} for line in lines]
    (folder / "base.jsonl").write_text("".join(json.dumps(line, sort_keys=True) + "\n" for line in unsealed))


def better_then(line):
    """Today looks much worse than a baseline that was ten times as near."""
    if line["metric"] == "sliced_wasserstein" and line["method"] == "GAN":
        line["values"] = [v / 10 for v in line["values"]]


def test_a_baseline_says_where_it_comes_from_and_equal_results_give_equal_bytes(promoted):
    head, *lines = [json.loads(line) for line in (promoted / "base.jsonl").read_text().splitlines()]
    assert head["provenance"]["suite"] == "toy"
    assert head["calibration"]["within"] == {"sliced_wasserstein": 0.0}
    assert head["calibration"]["fresh"] == 40
    assert set(head["protocols"]["ring"]) == {
        "sliced_wasserstein", "high_quality_rate", "mmd_multiscale", "modes_occupied", "quality", "failures",
    }  # fmt: skip
    assert all(
        line["seeds"] == list(range(100, 120)) and len(line.get("values", line.get("outcomes"))) == 20 for line in lines
    )
    done = bench(promoted, "baseline", "promote", "then/toy", "--out", "again.jsonl", "--repetitions", "20")
    assert done.returncode == 0
    assert (promoted / "again.jsonl").read_bytes() == (promoted / "base.jsonl").read_bytes()
    shown = bench(promoted, "baseline", "show", "base.jsonl")
    assert "sliced_wasserstein" in shown.stdout
    same = bench(promoted, "baseline", "diff", "base.jsonl", "again.jsonl")
    assert (same.returncode, same.stdout) == (0, "12 of 12 lines are the same\n")


def test_few_seeds_are_refused_or_remembered(folder):
    assert bench(folder, "run", "toy.yaml", "--no-report", "--quiet").returncode == 0
    one_line(
        bench(folder, "baseline", "promote", "results/toy"),
        "a baseline of fewer than 20 seeds (ring / EDM has 4 seeds)",
    )
    done = bench(folder, "baseline", "promote", "results/toy", "--force-small")
    assert done.returncode == 0
    assert (
        "warning: a baseline of fewer than 20 seeds (ring / EDM has 4 seeds) fires too often or not at all"
        in done.stderr
    )
    small = ("--against", "results/baselines/toy.jsonl", "--seeds", "200-203")
    files = ("--junit", "o/gate.xml", "--markdown", "o/gate.md", "--json", "o/gate.json")
    done = bench(folder, "gate", "toy.yaml", *small, "--confirm", "off", *files)
    assert "fewer than 20 seeds" in " ".join(done.stdout.split())
    for kind in ("xml", "md", "json"):
        text = (folder / f"o/gate.{kind}").read_text()
        assert "fewer than 20 seeds" in text
        assert "not calibrated" in text
    one_line(bench(folder, "baseline", "promote", "nothing"), "nothing: no results to promote")


def test_nothing_has_changed(folder):
    files = ("--junit", "o/gate.xml", "--markdown", "o/gate.md", "--json", "o/gate.json")
    done = bench(folder, "gate", "toy.yaml", *files, "--annotations")
    assert done.returncode == 0, done.stderr
    report = json.loads((folder / "o/gate.json").read_text())
    assert (report["exit_code"], report["tests"]) == (0, 6)  # deaths, values and scatter of two cells
    assert report["counts"]["pass"] == 6
    assert set(report["counts"]) == {"pass", "shown"}
    assert ElementTree.parse(folder / "o/gate.xml").getroot().get("failures") == "0"
    assert "passed" in (folder / "o/gate.md").read_text()
    assert "False alarms" in done.stdout


def test_a_regression_is_confirmed_on_seeds_that_nobody_has_used(folder):
    changed(folder, better_then)
    done = bench(folder, "gate", "toy.yaml", "--fresh", "6", "--json", "gate.json", "--annotations")
    assert done.returncode == 1, done.stderr
    assert "looks worse: ring / GAN; 6 fresh seeds, 120 to 125" in done.stderr
    assert "calibrated for other fresh seeds" in done.stderr
    assert "::error title=gate%3A regression::" in done.stdout
    rows = {(r["method"], r["verdict"]) for r in json.loads((folder / "gate.json").read_text())["rows"]}
    assert {("GAN", "regression"), ("EDM", "pass")} <= rows
    run = json.loads(next((folder / "results/toy/ring").glob("gan*/seeds-120-125/record.json")).read_text())
    assert [entry["seed"] for entry in run["seeds"]] == list(range(120, 126))

    until = "gate: {against: base.jsonl, within: {sliced_wasserstein: 0}, waivers: [{dataset: ring, method: GAN, "
    until += "metric: sliced_wasserstein, until: 2999-01-01, reason: accepted}]}"
    text = (folder / "toy.yaml").read_text()
    (folder / "toy.yaml").write_text(text.replace(text[text.index("gate:") :], until + "\n"))
    done = bench(folder, "gate", "toy.yaml", "--fresh", "6")
    assert done.returncode == 0, done.stderr
    assert "waived until 2999-01-01: accepted" in done.stdout


def test_a_night_has_candidates_and_fresh_seeds_of_its_own(folder):
    changed(folder, better_then)
    (folder / "toy.yaml").write_text(SUITE.replace("seeds: 4", "seeds: {nightly: 3}"))
    done = bench(
        folder, "gate", "toy.yaml", "--night", "2026-03-02", "--only", "GAN", "--confirm", "plan", "--fresh", "6"
    )
    assert done.returncode == 3, done.stderr
    assert "would run again: ring / GAN, seeds 20260302003 to 20260302008" in done.stderr


def test_what_is_not_confirmed_is_inconclusive_and_strict_fails_it(folder):
    changed(folder, better_then)
    done = bench(folder, "gate", "toy.yaml", "--confirm", "plan")
    assert done.returncode == 3, done.stderr
    assert "would run again: ring / GAN, seeds 120 to 159" in done.stderr
    assert bench(folder, "gate", "toy.yaml", "--confirm", "off", "--strict", "--quiet").returncode == 1


def test_what_cannot_be_compared_is_said(folder):
    changed(folder, lambda line: line.update(precision="float64"))
    done = bench(folder, "gate", "toy.yaml")
    assert done.returncode == 3, done.stderr
    assert "precision differs: float64 (the baseline) vs float32 (now)" in done.stdout


def test_a_cell_that_is_gone_is_incomplete(folder):
    changed(folder, lambda line: line.update(method=line["method"].replace("EDM", "DDPM")))
    done = bench(folder, "gate", "toy.yaml")
    assert done.returncode == 4, done.stderr
    assert "the candidate has no run of this cell" in done.stdout


def test_nothing_selected(folder):
    done = bench(folder, "gate", "toy.yaml", "--only", "VAE")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        5,
        "toy.yaml: no cell is called 'VAE' (cells are called 'data set / method'): nothing selected",
    )


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "no such baseline; make one with 'bench baseline promote'"),
        (lambda path: path.write_text(""), "the file is empty"),
        (lambda path: path.write_bytes(path.read_bytes()[:-40]), "base.jsonl:13: not a line of JSON"),
        (lambda path: path.write_text("name,value\n"), "base.jsonl:1: not a line of JSON"),
    ],
    ids=["missing", "empty", "half-written", "foreign"],
)
def test_baselines_that_cannot_be_used(folder, spoil, said):
    spoil(folder / "base.jsonl")
    one_line(bench(folder, "gate", "toy.yaml"), said)
    assert not (folder / "results").exists()


def test_usage(folder):
    one_line(bench(folder, "gate", "toy.yaml", "--within", "fd=1"), "toy.yaml: the suite has no metric 'fd'")
    one_line(bench(folder, "gate", "none.yaml"), "none.yaml: there is no such file")
    one_line(bench(folder, "gate", "calibrate", "base.jsonl", "--within", "fd=1"), "holds no metric 'fd'")
    assert bench(folder, "gate", "toy.yaml", "--within", "fd").returncode == 2


def test_calibrate_keeps_what_it_measured(folder):
    done = bench(folder, "gate", "calibrate", "base.jsonl", "--repetitions", "30", "--seeds", "4")
    assert done.returncode == 0, done.stderr
    known = json.loads((folder / "base.jsonl").read_text().splitlines()[0])["calibration"]
    assert (known["repetitions"], known["n"], known["tests"]) == (30, 4, 6)
    assert f"false alarms: {known['false_alarm']:.3g}" in done.stdout


def test_an_interrupted_gate_ends_with_130(folder):
    (folder / "toy.yaml").write_text(SUITE.replace("steps: 12", "steps: 10000000"))
    command = [sys.executable, "-m", "bench", "gate", "toy.yaml"]
    process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stderr is not None
    for line in process.stderr:
        if b"begins" in line:
            break
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert b"the same command continues" in said
