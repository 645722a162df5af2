"""A model that was trained elsewhere, in a suite's table: judged as all others are, and without a number of training."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

import bench
from bench.data.ring import Ring
from bench.plugins import own_code
from bench.records import store
from bench.records.terminal_table import panel
from bench.reporting.answer import standings
from bench.reporting.cost import cost, time_to_quality
from bench.reporting.headline_table import verdict
from bench.reporting.learned_fields import Frame, learned
from bench.reporting.results import read
from bench.reporting.summary import columns
from bench.running import seed_block
from bench.running.cells import cells
from bench.running.first_step import try_own
from bench.running.plan import CantRun, Plan, plan
from bench.running.progress import Quiet
from bench.running.run import execute
from bench.running.score_results import score_results
from bench.running.suite_beside import suite_beside
from bench.running.trained import Trained
from bench.suite.load import load_suite
from bench.suite.yaml_lines import SuiteError
from tests.running.tuned_suite import Here

Write = Callable[[str], Path]
RING = Ring(n=2000, held_out=500)
TEXT = """
suite: toy
seeds: {seeds}
train: {{steps: 20, batch: 16, evaluate_every: 10}}
datasets: {{ring8: "ring(n=2000, held_out=500)"}}
methods:
  theirs: samples(path=theirs){more}
  GAN: gan(width=8, depth=1)
metrics: [{metrics}]
probes: [losses(every=10)]
claims:
  covers more: {{is: theirs, better_than: GAN, in: {measure}}}
"""
FIRST, N = "modes_covered(n=200)", 200


def text(seeds: int = 3, more: str = "", metrics: str = FIRST, measure: str = "modes_covered") -> str:
    return TEXT.format(seeds=seeds, more=more, metrics=metrics, measure=measure)


def their_samples(folder: Path) -> Path:
    """Three seeds beside a suite: real samples, some of their modes, and one that died."""
    data = RING.load()
    folder.mkdir()
    assert data.modes is not None
    mode, _ = data.modes.assign(data.x)
    dead = data.x[600:900].clone()
    dead[0] = torch.nan
    for k, x in enumerate((data.x[:300], data.x[mode < 2][:300], dead)):
        np.savez(folder / f"seed{k}.npz", samples=x.numpy())
    return folder


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    return their_samples(tmp_path / "theirs")


def do(todo: Plan) -> list[str]:
    return [seed_block.run(job).status for job in todo.jobs]


def refusal(path: Path) -> list[str]:
    with pytest.raises(SuiteError) as caught:
        cells(load_suite(path))
    return [line.removeprefix(f"{path}:") for line in caught.value.problems]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    their_samples(folder / "theirs")
    (folder / "toy.yaml").write_text(text())
    suite = load_suite(folder / "toy.yaml")
    execute(plan(suite, folder / "results"), suite, Here(), Quiet(Console(quiet=True)))
    return folder


@pytest.fixture
def done(whole: Path, tmp_path: Path) -> Path:
    """The results of a run, with its suite and the samples where they were."""
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    return tmp_path / "results" / "toy"


def record_of(root: Path, method: str = "theirs") -> store.Record:
    (found,) = [r for r in store.current(store.load_records(root)) if r["method"]["label"] == method]
    return found


def test_its_record_knows_scores_and_outcomes_and_nothing_of_training(done: Path) -> None:
    theirs, ours = (record_of(done, method) for method in ("theirs", "GAN"))
    assert [entry["outcome"] for entry in theirs["seeds"]] == ["ok", "mode-dropping", "diverged"]
    assert all(entry["step"] is None for entry in theirs["seeds"])
    training = {
        "train",
        "timing",
        "mapping",
        "precision",
        "parameters",
        "nfe",
        "memory",
        "compile",
        "gradients_per_step",
    }
    assert training & set(theirs) == set()
    assert training <= set(ours)
    frame = bench.load(done)
    mine = frame[frame["method"] == "theirs"]
    assert set(mine["kind"]) == {"score"}
    assert set(mine["step"]) == {0}
    (covered,) = (mine[mine["name"] == name].sort_values("seed")["value"].tolist() for name in ["modes_covered"])
    assert covered[:2] == [8, 2]
    assert np.isnan(covered[2])
    assert theirs["protocols"] == ours["protocols"]


def test_what_is_read_from_a_curve_is_absent_and_never_0(done: Path) -> None:
    (row,) = (r for r in bench.stability(bench.load(done)).to_dict("records") if r["method"] == "theirs")
    assert (row["diverged"], row["reach"]) == (1, pytest.approx(1 / 3))
    assert all(
        np.isnan(row[name]) for name in ("drawdown", "steps_to", "gradients_to", "seconds_to", "quality_oscillation")
    )
    view = panel(done)
    assert view is not None
    assert [next(iter(column.cells)) for column in view.columns][-2:] == ["–", "– (33%)"]


def test_a_report_ranks_it_beside_the_others_and_leaves_blank_what_it_has_not(done: Path) -> None:
    results = read(done)
    ranked, left = standings(results)
    assert ({one.method for one in ranked}, left) == ({"theirs", "GAN"}, "")
    (first, *_) = verdict(results, "ring8")
    (row,) = (row for row in first.rows if row[0].text == "theirs")
    assert [entry.text for entry in row[1:5]] == ["2/3", "2 [failed, 8]", "—", "—"]  # last, best, area
    assert [column.curves.keys() for column in columns(results, "ring8")] == [{"theirs", "GAN"}] * 5
    assert [[row[0].text for row in table.rows] for table in cost(results, "ring8")] == [["GAN"]]
    timed = time_to_quality(results, "ring8")
    assert timed is not None
    assert [row[0].text for row in timed.rows] == ["GAN"]
    with pytest.raises(CantRun, match="was trained elsewhere, and nothing but its samples is known"):
        learned(Trained(done), record_of(done), 0, Frame(np.zeros(2), np.ones(2)))


def test_claims_compare_it(done: Path) -> None:
    (found,) = bench.verdicts(done)
    assert found.status == "undecided"
    assert found.effect is not None


def test_replaced_files_are_judged_again_and_nothing_else(done: Path, write: Write, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"

    def todo() -> Plan:
        return plan(load_suite(write(text())), tmp_path / "results")

    assert todo().jobs == ()
    np.savez(theirs / "seed0.npz", samples=RING.load().x[1000:1300].numpy())
    again = todo()
    assert [job.cell.method.label for job in again.jobs] == ["theirs"]
    np.savez(theirs / "seed0.npz", samples=RING.load().x[1300:1600].numpy())
    failed = seed_block.run(again.jobs[0])
    assert (failed.status, failed.reason) == (
        "infra", "what samples samples from is not what it was when the run began: run it again"
    )  # fmt: skip
    assert do(todo()) == ["done"]
    assert todo().jobs == ()


def test_training_and_probes_are_no_part_of_its_key(done: Path, write: Write, tmp_path: Path) -> None:
    other = write(text().replace("steps: 20", "steps: 30").replace("losses(every=10)", "losses(every=5)"))
    assert [job.cell.method.label for job in plan(load_suite(other), tmp_path / "results").jobs] == ["GAN"]


def test_a_metric_that_is_added_is_measured_on_the_files(done: Path, write: Write, tmp_path: Path) -> None:
    todo = plan(load_suite(write(text(metrics=f"{FIRST}, sliced_wasserstein(n=200)"))), tmp_path / "results")
    assert [job.of is None for job in todo.jobs] == [False, False]
    assert do(todo) == ["done", "done"]
    record = record_of(done)
    assert record["scored_later"] == ["sliced_wasserstein"]
    assert "train" not in record
    assert bench.load(done)["name"].eq("sliced_wasserstein").sum() == 6


def test_results_find_the_files_again_and_can_be_scored(
    done: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (theirs,) = [m.game for m in suite_beside(done).methods if m.label == "theirs"]
    assert theirs.folder == done.parents[1].resolve()  # type: ignore[union-attr]
    monkeypatch.setattr("bench.running.score_results.find", lambda word: lambda slots: Here())
    assert score_results(done, ["energy(n=100)"], quiet=True)
    assert not score_results(done, ["frechet"], quiet=True)
    said = " ".join(capfd.readouterr().err.split())
    assert "seed0.npz: holds 300 samples, and 10000 are judged: give more, or the metrics a smaller n" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seeds": 4}, "seed 3 is asked for, and samples of seeds 0 to 2 are there: add files, or ask for fewer"),
        ({"metrics": "modes_covered"}, "seed0.npz: holds 300 samples, and 10000 are judged"),
        (
            {"more": " + ema + r1"},
            "7: methods.theirs: ema does not fit samples: nothing of it is trained here: remove it",
        ),
        ({"measure": "quality_area"}, "quality_area' is not measured of theirs"),
        ({"measure": "training_s, better: lower"}, "(known: it was trained elsewhere, and has mmd_multiscale, "),
        ({"measure": "quality, at: {steps: 10}"}, "'at' is 10 steps, and theirs was trained elsewhere: leave 'at' out"),
        ({"measure": "loss_G, better: lower"}, "'loss_G' is not measured of theirs"),
    ],
)
def test_what_it_lacks_is_a_line(write: Write, theirs: Path, changes: dict[str, str], said: str) -> None:
    assert said in refusal(write(text(**changes)))[0]  # type: ignore[arg-type]


def test_other_seeds_than_the_suites_are_looked_for(done: Path, tmp_path: Path) -> None:
    suite = load_suite(tmp_path / "toy.yaml")
    with pytest.raises(CantRun, match=r"ring8 / theirs: .*: seed 7 is asked for"):
        plan(suite, tmp_path / "results", seeds=(6, 7))
    alone = plan(suite, tmp_path / "results", seeds=(6, 7), alone=("ring8", "GAN"))
    assert [job.seeds for job in alone.jobs] == [(6, 7)]


def test_nothing_of_it_is_tuned(write: Write, theirs: Path) -> None:
    tune = "tune: {trials: 2, seeds: 1, space: {theirs: {path: [theirs, others]}}}\n"
    assert "theirs was trained elsewhere: nothing of it can be tuned" in refusal(write(text() + tune))[0]


@pytest.fixture
def nobodys_code() -> Iterator[None]:
    yield
    own_code.use(None)


OWN = """
from dataclasses import dataclass

import torch
from bench import Pretrained


@dataclass(frozen=True, kw_only=True)
class Simulator(Pretrained):
    \"\"\"Points around the origin.\"\"\"

    std: float = 1.0

    def sample(self, n, seed):
        return {draw}
"""
GOOD = "self.std * torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))"


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        ("torch.zeros(n)", "sample(2, 0) gave [2] of torch.float32: give a tensor [2, 2] of reals"),
        ("torch.randn(n, 2)", "simulator gives other samples when the same n and seed are asked for again"),
        (GOOD, ""),
    ],
)
@pytest.mark.usefixtures("nobodys_code")
def test_any_callable_is_a_method(write: Write, tmp_path: Path, draw: str, said: str) -> None:
    (tmp_path / "simulated.py").write_text(OWN.format(draw=draw))
    path = write(text().replace("samples(path=theirs)", "simulator(std=0.5)") + "plugins: [simulated.py]\n")
    suite = load_suite(path)
    found = cells(suite)
    if said:
        with pytest.raises(SuiteError, match=r"methods\.theirs") as caught:
            try_own(suite, found)
        assert said in str(caught.value)
        return
    try_own(suite, found)
    todo = plan(suite, tmp_path / "results", only="theirs")
    assert do(todo) == ["done"]
    record = record_of(todo.root)
    assert record["method"]["options"] == [{"word": "simulator", "options": {"std": 0.5}}]
    with np.load(Path(record["folder"]) / "samples.npz") as kept:
        first = torch.randn(N, 2, generator=torch.Generator().manual_seed(1)) / 2
        np.testing.assert_array_equal(kept["samples"][1], first.numpy())


def test_its_json_says_what_it_is(done: Path) -> None:
    held = json.loads((Path(record_of(done)["folder"]) / "record.json").read_text())
    assert held["pretrained"] is True
    assert len(held["made"]) == 32
