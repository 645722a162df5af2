"""A suite that lies in no file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import bench
from bench.running import cells, run
from bench.suite.suite import Suite

CONTENT: dict[str, Any] = {
    "suite": "mine",
    "asks": "Größer — or not: why?",
    "seeds": 3,
    "train": {"steps": 4, "batch": 16},
    "datasets": {"ring8": "ring(n=500, std=0.02)"},
    "methods": {"GAN": "gan(width=8, depth=1, betas=(0, .9))", "theirs": "samples(path=theirs.npy)"},
    "metrics": ["modes_covered(n=100)", "sliced_wasserstein(n=100, projections=8)"],
    "claims": {"covers more": {"is": "theirs", "better_than": "GAN", "in": "modes_covered", "by": 1e-3}},
}


def test_it_is_what_the_file_would_be(tmp_path: Path) -> None:
    made = bench.Suite.from_dict(CONTENT, tmp_path)
    file = tmp_path / "mine.yaml"
    file.write_text(made.text, encoding="utf-8")
    read = bench.load_suite(file)
    for name in ("name", "asks", "seeds", "train", "metrics", "claims"):
        assert getattr(made, name) == getattr(read, name), name
    assert [m.game for m in made.methods] == [m.game for m in read.methods]
    assert bench.Suite is Suite


def test_mistakes_have_a_place_and_no_line() -> None:
    wrong = CONTENT | {"methods": {"GAN": "gan(wdth=8)"}, "metrics": ["modes_cover"]}
    with pytest.raises(bench.SuiteError) as caught:
        bench.Suite.from_dict(wrong)
    first, second, *_ = caught.value.problems
    assert first.startswith("mine: methods.GAN: 'wdth' is not an option of gan; did you mean 'width'?")
    assert second.startswith("mine: metrics: no metric is called 'modes_cover'; did you mean 'modes_covered'?")


def test_what_no_file_can_hold_is_a_line() -> None:
    with pytest.raises(bench.SuiteError, match=r"^mine: holds what no suite file can"):
        bench.Suite.from_dict(CONTENT | {"seeds": torch.tensor(3)})


def test_it_runs_and_its_text_is_kept_beside_the_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "theirs.npy", np.random.default_rng(0).normal(size=(3, 100, 2)).astype(np.float32))
    ran: list[str] = []

    class Here:
        count = 1

        def run(self, jobs: Any, listener: object) -> None:
            ran.extend(job.cell.label for job in jobs)

    monkeypatch.setattr(run, "find", lambda word: lambda slots: Here())
    made = bench.Suite.from_dict(CONTENT, tmp_path)
    with pytest.warns(UserWarning, match="mine: not everything came to a result; the same call tries again"):
        root = bench.run(made, tmp_path / "results", quiet=True)
    assert sorted(ran) == ["ring8 / GAN", "ring8 / theirs"]
    assert bench.load_suite(root / "suite.yaml", folder=tmp_path).claims == made.claims
    assert [c.label for c in cells.cells(made)] == sorted(ran)
    with pytest.raises(run.CantRun, match="its seeds are known"):
        bench.run(made, night=run.date(2026, 3, 1))
    with pytest.raises(run.CantRun, match="--steps: steps has to be at most 1000000000000"):
        bench.run(made, tmp_path / "results", steps=10**21)


def test_folders_that_are_not_there_are_a_line(tmp_path: Path) -> None:
    for ask in (bench.load, bench.load_records, bench.verdicts, bench.report):
        with pytest.raises(
            FileNotFoundError, match=r"^\S*nowhere: there is no such folder; bench run writes results/<suite>$"
        ):
            ask(tmp_path / "nowhere")
