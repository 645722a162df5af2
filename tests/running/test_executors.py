"""A worker that dies takes nobody with it; what is interrupted goes on bit for bit."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from bench.hashing.packed import unpack
from bench.records import store
from bench.records.processes import lives
from tests.running.processes import LISTED, saved, start, workers

MISHAPS = """
suite: toy
seeds: 2
train: {steps: 40, batch: 8}
datasets: {ring8: ring(n=1000)}
methods:
  first: gan(width=8)
  killed: gan(width=8, latent=5)
  full: gan(width=8, latent=6)
  wrong: gan(width=8) + wrong
  dies: gan(width=8, lr=1e38)
  last: gan(width=8, latent=9)
metrics: [modes_covered(n=100)]
probes: [ends]
"""
LONG = """
suite: toy
seeds: 3
train: {steps: 300, batch: 8, evaluate_every: 50, checkpoint_minutes: 0}
datasets: {ring8: ring(n=1000)}
methods: {GAN: gan(width=8) + ema}
metrics: [modes_covered(n=100), sliced_wasserstein(n=100)]
probes: [nap, losses(every=20)]
"""
Bench = Callable[..., subprocess.CompletedProcess[str]]
Write = Callable[[str], Path]


def statuses(root: Path) -> dict[str, str]:
    return {record["method"]["label"]: record["status"] for record in store.load_records(root)}


@pytest.mark.usefixtures("unruly")
def test_one_mishap_stays_one(bench: Bench, write: Write, tmp_path: Path) -> None:
    path, root = write(MISHAPS), tmp_path / "results" / "toy"
    done = bench("run", path, "--slots", 2, "--no-report")
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert statuses(root) == {
        "first": "done", "killed": "infra", "full": "oom", "wrong": "error", "dies": "diverged", "last": "done",
    }  # fmt: skip
    records = {record["method"]["label"]: record for record in store.load_records(root)}
    for method in ("killed", "full", "wrong"):
        status, reason = records[method]["status"], records[method]["reason"]
        assert len(reason.splitlines()) == 1
        assert f"{method} · seeds-0-1: {status}: {reason}" in done.stderr
    assert re.fullmatch(r"RuntimeError: first line \(\w+\.py:\d+\)", records["wrong"]["reason"])
    assert "second line" in (Path(records["wrong"]["folder"]) / "log.txt").read_text()
    assert {end["outcome"] for end in records["dies"]["seeds"]} == {"diverged"}
    again = bench("run", path, "--no-report")
    assert again.returncode == 4
    later = {record["method"]["label"]: record for record in store.load_records(root)}
    # what the machine did is tried again; what the method did is a result, or would only happen again
    assert {m for m in later if later[m]["created"] != records[m]["created"]} == {"killed", "full"}


def outcome(root: Path) -> list[pd.DataFrame]:
    (folder,) = [p.parent for p in root.rglob("record.json") if store.RUNNING not in p.parts]
    return [pd.read_parquet(folder / f"{kind}.parquet") for kind in ("scores", "traces")]


@pytest.mark.usefixtures("unruly")
@pytest.mark.parametrize("how", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
def test_what_was_stopped_goes_on_bit_for_bit(bench: Bench, write: Write, tmp_path: Path, how: signal.Signals) -> None:
    path, out, nap = write(LONG), tmp_path / "stopped", tmp_path / "nap"
    process = saved(start(path, out, nap), out)
    process.send_signal(how)
    said, _ = process.communicate(timeout=120)
    (checkpoint,) = out.rglob("seeds-*.pt")
    reached = int(unpack(checkpoint.read_bytes())["saved"]["state"]["step"])
    assert 0 < reached < 300
    if how is signal.SIGKILL:
        assert process.returncode == -how
        assert statuses(out) == {}
    else:
        assert process.returncode == 130
        assert "Traceback" not in said
        assert statuses(out) == {"GAN": "interrupted"}
    nap.unlink()
    assert bench("run", path, "--out", out, "--no-report", "--quiet").returncode == 0
    (record,) = store.load_records(out)
    assert (record["status"], record["resumed"]) == ("done", True)
    assert list(out.rglob("seeds-*.pt")) == []
    whole = tmp_path / "whole"
    assert bench("run", path, "--out", whole, "--no-report", "--quiet").returncode == 0
    assert store.load_records(whole)[0]["resumed"] is False
    for ours, theirs in zip(outcome(out), outcome(whole), strict=True):
        assert len(theirs)
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)


@pytest.mark.usefixtures("unruly")
@LISTED
def test_workers_do_not_outlive_their_parent(write: Write, tmp_path: Path) -> None:
    process = saved(start(write(LONG), tmp_path / "out", tmp_path / "nap"), tmp_path / "out")
    mine = workers(process.pid)
    assert mine
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 30
    while any(lives(pid, "") for pid in mine):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.usefixtures("unruly")
def test_more_seeds_join_and_a_time_limit_can_be_raised(bench: Bench, write: Write, tmp_path: Path) -> None:
    out, nap = tmp_path / "results" / "toy", tmp_path / "nap"
    short = LONG.replace("steps: 300", "steps: 60") + "timeout: 0.005\n"
    nap.touch()
    os.environ["NAP"] = str(nap)
    try:
        assert bench("run", write(short), "--no-report", "--seeds", "1").returncode == 0
    finally:
        del os.environ["NAP"]
    assert statuses(out) == {"GAN": "timeout"}
    assert "the time limit of 0.005 minutes" in store.load_records(out)[0]["reason"]
    longer = write(short.replace("0.005", "30"))
    assert bench("run", longer, "--no-report", "--seeds", "1").returncode == 0
    assert [r["status"] for r in store.load_records(out)] == ["timeout", "done"]
    assert bench("run", longer, "--no-report").returncode == 0
    assert [[e["seed"] for e in r["seeds"]] for r in store.load_records(out)] == [[0], [0], [1, 2]]
    scores = store.load(out).query("kind == 'score' and step == 60")
    assert scores.groupby("seed").size().index.tolist() == [0, 1, 2]
    assert len(set(scores.groupby("seed").size())) == 1
