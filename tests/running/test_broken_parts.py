"""A metric, a probe or a data set that breaks is an error with its own name: no seed's outcome, and nobody else's loss."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from bench.records import store
from bench.records.notes import notes
from bench.running import job, seed_block
from bench.running.plan import plan
from bench.suite.load import load_suite

Bench = Callable[..., subprocess.CompletedProcess[str]]
Write = Callable[[str], Path]
SUITE = """
suite: toy
seeds: 2
train: {{steps: 40, batch: 8, evaluate_every: 20}}
datasets: {{ring8: ring(n=1000)}}
methods: {{GAN: gan(width=8), seven: "gan(width=8, latent=7)"}}
metrics: [{metrics}modes_covered(n=100), sliced_wasserstein(n=100)]
probes: [{probes}losses(every=5)]
"""
PLAIN = SUITE.format(metrics="", probes="")


@pytest.fixture
def mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that mends broken plugins, once it is there."""
    file = tmp_path / "mended"
    monkeypatch.setenv("MENDED", str(file))
    return file


def run(path: Path, out: Path) -> tuple[Path, list[seed_block.JobResult]]:
    """What `bench run` does, in this process."""
    if "unruly" in sys.modules:
        sys.modules["unruly"].looks.clear()
    job.evaluation.cache_clear()
    todo = plan(load_suite(path), out)
    return todo.root, [seed_block.run(job) for job in todo.jobs]


def tables(root: Path, method: str) -> dict[str, pd.DataFrame]:
    frame = store.load(root)
    frame = frame[(frame["method"] == method) & (frame["kind"] != "cost")]
    return {
        kind: part[["seed", "step", "name", "value"]].reset_index(drop=True) for kind, part in frame.groupby("kind")
    }


def without(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table[table["name"] != name].reset_index(drop=True)


@pytest.mark.usefixtures("unruly")
@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("looking", "MemoryError: no room for so many pairs (unruly.py:"),
        ("reference", "FileNotFoundError: breaks.pth is missing: put it there (unruly.py:"),
        ("promise", "LookupError: it yields other and promises breaks (evaluator.py:"),
        ("late", "RuntimeError: at the second look (unruly.py:"),
    ],
)
def test_a_metric_that_breaks(write: Write, tmp_path: Path, mended: Path, when: str, why: str) -> None:
    path = write(SUITE.format(metrics=f"breaks(when={when}), ", probes=""))
    root, ended = run(path, tmp_path)
    assert [(one.status, one.errors[0].startswith(f"metric breaks: {why}")) for one in ended] == [("done", True)] * 2
    records = store.load_records(root)
    for record in records:
        assert record["broken"] == list(record["metric_errors"]) == ["breaks"]
        assert {entry["outcome"] for entry in record["seeds"]} <= {"unlearned", "mode-dropping"}  # quality is known
        assert "breaks" not in record["metrics"]
    assert notes(records)[0].startswith(
        f"broken, and absent on 2 cells (ring8 / GAN, ring8 / seven): metric breaks: {why}"
    )
    assert "breaks" not in set(store.load(root)["name"])
    kept = pd.read_parquet(Path(records[0]["folder"]) / "scores.parquet")
    assert ("breaks" in set(kept["name"])) == (when == "late")  # what was measured before is on disk still
    mended.touch()
    run(path, tmp_path)
    assert [r["metric_errors"] for r in store.load_records(root)] == [{}, {}]  # each took the place of a broken one
    assert run(path, tmp_path)[1] == []
    plain, _ = run(write(PLAIN), tmp_path / "plain")
    for method in ("GAN", "seven"):  # every other number is what it would have been, bit for bit
        ours, theirs = tables(root, method), tables(plain, method)
        pd.testing.assert_frame_equal(without(ours["score"], "breaks"), theirs["score"], check_exact=True)
        pd.testing.assert_frame_equal(ours["trace"], theirs["trace"], check_exact=True)


@pytest.mark.usefixtures("unruly")
def test_a_broken_record_stays_until_a_whole_one_is_there(write: Write, tmp_path: Path) -> None:
    path = write(SUITE.format(metrics="breaks, ", probes=""))
    root, _ = run(path, tmp_path)
    old = store.load_records(root)
    run(path, tmp_path)
    same = store.load_records(root)  # as broken as before: one of each is enough
    assert len(same) == len(old) == 2
    assert same[0]["created"] > old[1]["created"]
    failed = {k: v for k, v in same[0].items() if k not in ("folder", "broken", "metric_errors")}
    failed |= {"status": "infra", "created": "2999-01-01T00:00:00.000000+00:00"}
    store.commit(root, Path(same[0]["folder"]).relative_to(root).parent, failed)
    assert sorted(r["status"] for r in store.load_records(root)) == ["done", "done", "infra"]
    assert set(store.load(root)["name"]) >= {"modes_covered", "quality"}


@pytest.mark.usefixtures("unruly")
def test_a_probe_that_breaks(write: Write, tmp_path: Path) -> None:
    text = SUITE.format(metrics="", probes="ends, ")
    root, ended = run(write(text), tmp_path)
    assert {one.status for one in ended} == {"done"}
    records = {record["method"]["label"]: record for record in store.load_records(root)}
    assert records["GAN"]["probe_errors"] == {}
    assert records["seven"]["probe_errors"]["ends"].startswith("RuntimeError: first line (unruly.py:")
    assert records["seven"]["broken"] == ["ends"]
    raw = pd.read_parquet(Path(records["seven"]["folder"]) / "traces.parquet")
    assert set(raw[raw["name"] == "ends"]["step"]) == {10}  # it broke at step 20
    plain, _ = run(write(PLAIN), tmp_path / "plain")
    ours, theirs = tables(root, "seven"), tables(plain, "seven")
    for kind in ("score", "trace"):
        pd.testing.assert_frame_equal(ours[kind], theirs[kind], check_exact=True)
    assert [job.cell.method.label for job in plan(load_suite(write(text)), tmp_path).jobs] == [
        "seven"
    ]  # the other is whole


@pytest.mark.usefixtures("unruly")
def test_quality_that_breaks_is_nobodys_outcome(write: Write, tmp_path: Path, mended: Path) -> None:
    """No other space stands in for the one that quality is told from."""
    path = write(SUITE.format(metrics="mmd_multiscale(n=100), breaking_mmd(n=100), ", probes=""))
    root, _ = run(path, tmp_path)
    for record in store.load_records(root):
        assert {entry["outcome"] for entry in record["seeds"]} == {"unjudged"}
        assert record["unjudged"].startswith("mmd_multiscale_broken: RuntimeError: no features")
    assert "quality" not in set(store.load(root)["name"])
    mended.touch()
    run(path, tmp_path)
    for record in store.load_records(root):
        assert record["unjudged"] is None
        assert "unjudged" not in {entry["outcome"] for entry in record["seeds"]}


@pytest.mark.usefixtures("unruly")
def test_it_is_said_and_the_exit_code_is_not_zero(bench: Bench, write: Write, tmp_path: Path) -> None:
    """One metric, one probe and one data set break in one run."""
    suite = SUITE.format(metrics="breaks, ", probes="ends, ").replace("ring(n=1000)", "ring(n=1000), gone: vanishing")
    path, root = write(suite), tmp_path / "results" / "toy"
    done = bench("run", path, "--slots", 1)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr + done.stdout
    assert "ring8 / GAN · seeds-0-1: metric breaks: MemoryError: no room for so many pairs (unruly.py:" in done.stderr
    assert "ring8 / seven · seeds-0-1: probe ends: RuntimeError: first line (unruly.py:" in done.stderr
    gone = "gone / GAN · seeds-0-1: infra: the data set vanishing can't be loaded: DataError: the disk is gone"
    assert gone in done.stderr
    metric = "note: broken, and absent on 2 cells (ring8 / GAN, ring8 / seven): metric breaks: MemoryError"
    assert done.stdout.count(metric) == 1
    assert done.stdout.count("note: broken, and absent on ring8 / seven: probe ends: RuntimeError") == 1
    assert metric in bench("show", root).stdout
    report = (tmp_path / "reports" / "toy" / "report.md").read_text()
    assert "metric breaks: MemoryError" in report
    assert "probe ends: RuntimeError" in report
    outcomes = {(r["dataset"]["label"], e["outcome"]) for r in store.load_records(root) for e in r["seeds"]}
    assert {outcome for dataset, outcome in outcomes if dataset == "gone"} == {None}
    assert {outcome for dataset, outcome in outcomes if dataset == "ring8"} <= {"unlearned", "mode-dropping"}
