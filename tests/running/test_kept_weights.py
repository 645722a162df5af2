"""Weights of the end and of the best evaluation, and samples from them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

import bench
from bench.hashing.packed import unpack
from bench.records import store
from bench.running import best_weights, seed_block
from bench.running.executors import _shared
from bench.running.film import frames
from bench.running.kept_weights import BEST, FILE
from bench.running.plan import CantRun, plan
from bench.suite.load import load_suite
from bench.training.loop import History

Write = Callable[[str], Path]
TEXT = """
suite: toy
seeds: 3
train: {{steps: 40, batch: 16, evaluate_every: 10, keep: {keep}, checkpoint_minutes: 0}}
datasets: {{ring8: ring(n=500)}}
methods: {{GAN: "gan(width=8, depth=1, lr=0.05) + ema(decay=0.9)"}}
metrics: [frechet(n=200), sliced_wasserstein(n=200)]
"""


def trained(write: Write, out: Path, keep: str = "best") -> Path:
    path = write(TEXT.format(keep=keep))
    (job,) = plan(load_suite(path), out).jobs
    (out / "toy").mkdir(parents=True)
    shutil.copy(path, out / "toy" / "suite.yaml")
    folder = seed_block.run(job).folder
    assert folder is not None
    return folder


def curve(folder: Path) -> pd.DataFrame:
    """Of the metric that quality is told from, a row for every step and a column for every seed."""
    rows = pd.read_parquet(folder / "scores.parquet")
    rows = rows[rows["name"].str.startswith("mmd_multiscale")].assign(value=rows["value"].astype(float))
    return rows.pivot_table(index="step", columns="seed", values="value")


def test_the_best_evaluation_of_every_seed_is_kept(write: Write, tmp_path: Path) -> None:
    folder = trained(write, tmp_path)
    held, last = unpack((folder / BEST).read_bytes()), unpack((folder / FILE).read_bytes())
    table = curve(folder)
    assert held["at"].tolist() == table.idxmin().tolist()  # a distance
    np.testing.assert_array_equal(held["value"].numpy(), table.min().to_numpy())
    assert len(set(held["at"].tolist()) - {40}) > 0, "some seed was better before the end, else this tests nothing"
    for lane, at in enumerate(held["at"].tolist()):
        same = all(torch.equal(held["params"][p][lane], last["params"][p][lane]) for p in held["params"])
        assert same == (at == 40)


def test_samples_are_of_the_weights_that_are_asked_for(write: Write, tmp_path: Path) -> None:
    folder = trained(write, tmp_path)
    best, last = bench.sample(folder, 50, weights="best"), bench.sample(folder, 50)
    held = unpack((folder / BEST).read_bytes())
    assert {seed: x.shape for seed, x in best.items()} == dict.fromkeys(range(3), (50, 2))
    for lane, (seed, at) in enumerate(zip(best, held["at"].tolist(), strict=True)):
        assert np.array_equal(best[seed], last[seed]) == (at == 40), lane
    np.testing.assert_array_equal(best[1], bench.sample(folder, 50, weights="best")[1])


def test_an_interrupt_changes_nothing_of_it(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed = trained(write, tmp_path / "whole")
    whole, film = ((undisturbed / name).read_bytes() for name in (BEST, "film.npz"))
    seen = best_weights.BestWeights.__call__

    def stop(self: best_weights.BestWeights, history: History, samples: Tensor) -> None:
        seen(self, history, samples)
        if history.state.step == 20 and not list(tmp_path.glob("cut/toy/.running/stopped")):
            (tmp_path / "cut/toy/.running/stopped").touch()
            raise KeyboardInterrupt

    monkeypatch.setattr(best_weights.BestWeights, "__call__", stop)
    (job,) = plan(load_suite(write(TEXT.format(keep="best"))), tmp_path / "cut").jobs
    assert seed_block.run(job).status == "interrupted"
    folder = seed_block.run(job).folder
    assert folder is not None
    assert store.load_records(folder)[0]["resumed"] is True
    assert (folder / BEST).read_bytes() == whole
    assert (folder / "film.npz").read_bytes() == film


def test_a_film_is_of_the_evaluations_on_the_way(write: Write, tmp_path: Path) -> None:
    assert frames(40, 10) == (10, 20, 30)
    assert frames(20_000, 500) == (500, 1000, 2000, 4500, 9500)  # 40^(k/5) = 1, 2.1, 4.4, 9.1, 19.1, and 40, the end
    assert frames(25, 10) == (10, 20)
    assert frames(40, 0) == frames(40, 40) == frames(40, 100) == ()
    with np.load(trained(write, tmp_path, keep="none") / "film.npz") as film:
        assert film["steps"].tolist() == [10, 20, 30]
        assert film["seeds"].tolist() == [0, 1, 2]
        assert film["samples"].shape == (3, 3, 200, 2)  # no more than a metric asks for
        assert len(np.unique(film["samples"])) > 3000  # no frame is another's


def test_what_was_not_kept_is_a_line(write: Write, tmp_path: Path) -> None:
    folder = trained(write, tmp_path, "last")
    assert not (folder / BEST).exists()
    with pytest.raises(CantRun, match="its weights were not kept: set 'keep: best' under 'train'"):
        bench.sample(folder, 5, weights="best")
    (folder / FILE).write_bytes(b"")
    with pytest.raises(CantRun, match="can't be read"):
        bench.sample(folder, 5)
    with pytest.raises(CantRun, match="holds 0 records"):
        bench.sample(tmp_path / "none", 5)


def test_a_worker_that_was_killed_after_its_record_was_written_has_ended(write: Write, tmp_path: Path) -> None:
    """Between the record's rename and the removal of its checkpoint: it is no error of the machine."""
    (job,) = plan(load_suite(write(TEXT.format(keep="none"))), tmp_path).jobs
    before = _shared.records_of(job)
    assert _shared.finished(job, before) is None
    folder = seed_block.run(job).folder
    job.checkpoint.touch()
    done = _shared.finished(job, before)
    assert done is not None
    assert (done.status, done.folder) == ("done", folder)
    assert not job.checkpoint.exists()
    assert _shared.finished(job, _shared.records_of(job)) is None  # that of an earlier run


def test_the_record_of_another_block_is_not_taken_for_it(write: Write, tmp_path: Path) -> None:
    """`seeds-0-1` begins the name of `seeds-0-10`."""
    (job,) = plan(load_suite(write(TEXT.format(keep="none").replace("seeds: 3", "seeds: 11"))), tmp_path).jobs
    assert seed_block.run(job).status == "done"
    assert _shared.finished(replace(job, seeds=(0, 1)), frozenset()) is None
    assert _shared.finished(job, frozenset()) is not None


def test_a_run_that_its_time_limit_ends_keeps_the_best_of_all_its_evaluations(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That at the end of what it came to is one of them."""
    seen: list[int] = []
    watched = best_weights.BestWeights.__call__

    def look(self: best_weights.BestWeights, history: History, samples: Tensor) -> None:
        watched(self, history, samples)
        seen.append(int(history.state.step))

    monkeypatch.setattr(best_weights.BestWeights, "__call__", look)
    path = write(
        TEXT.format(keep="best")
        .replace("evaluate_every: 10", "evaluate_every: 1000000")
        .replace("steps: 40", "steps: 100000")
    )
    (job,) = plan(load_suite(path), tmp_path).jobs
    done = seed_block.run(replace(job, cell=replace(job.cell, timeout=0.001)))
    assert done.status == "timeout"
    assert len(seen) == 1
    assert done.folder is not None
    held = unpack((done.folder / BEST).read_bytes())
    assert held["at"].tolist() == seen * 3
