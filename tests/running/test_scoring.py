"""A metric that is asked for later trains nothing, and reads what it would have read at the end of training."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import bench
from bench.diagnostics.summary import summarise
from bench.records import store
from bench.running import seed_block
from bench.running.kept_weights import FILE
from bench.running.plan import Plan, plan
from bench.running.unfinished import unfinished
from bench.stats import Measure
from bench.suite.load import load_suite

Bench = Callable[..., subprocess.CompletedProcess[str]]
Write = Callable[[str], Path]
TEXT = """
suite: toy
seeds: 3
train: {{steps: 30, batch: 16, evaluate_every: 10, keep: {keep}}}
datasets: {{ring8: ring(n=500)}}
methods: {{GAN: "gan(width=8, depth=1) + ema(decay=0.9)", vae: "vae(width=8, depth=1)"}}
metrics: [{metrics}]
probes: [losses(every=10)]
"""
FIRST = "modes_covered(n=200)"
MORE = f"{FIRST}, sliced_wasserstein(n=200), frechet(n=200)"
ADDED = {"sliced_wasserstein", "fd_data"}


def do(todo: Plan) -> list[str]:
    return [seed_block.run(job).status for job in todo.jobs]


def ends(root: Path, names: set[str]) -> pd.DataFrame:
    """The last numbers of some columns, a row for each."""
    frame = bench.load(root)
    last = frame[frame["name"].isin(names)].sort_values("step").groupby(["method", "seed", "name"])["value"].last()
    return last.sort_index().to_frame()


@pytest.fixture
def suite(write: Write) -> Callable[..., object]:
    return lambda metrics=FIRST, keep="last": load_suite(write(TEXT.format(metrics=metrics, keep=keep)))


def test_what_is_added_trains_nothing_and_is_what_training_would_have_read(suite, tmp_path: Path) -> None:
    assert do(plan(suite(), tmp_path / "later")) == ["done", "done"]
    before = {r["method"]["label"]: r for r in store.load_records(tmp_path / "later")}
    old = ends(tmp_path / "later", {"modes_covered", "quality"})
    todo = plan(suite(MORE), tmp_path / "later")
    assert [job.of for job in todo.jobs] == [Path(r["folder"]) for r in before.values()]
    assert unfinished(todo) == [
        f"ring8 / {m}: 3 of 3 seeds lack fd_data, sliced_wasserstein: not measured yet" for m in ("GAN", "vae")
    ]
    assert do(todo) == ["done", "done"]
    assert plan(suite(MORE), tmp_path / "later").jobs == ()
    assert unfinished(todo) == []
    assert do(plan(suite(MORE), tmp_path / "whole")) == ["done", "done"]
    pd.testing.assert_frame_equal(ends(tmp_path / "later", ADDED), ends(tmp_path / "whole", ADDED), check_exact=True)
    pd.testing.assert_frame_equal(ends(tmp_path / "later", {"modes_covered", "quality"}), old, check_exact=True)
    after = {r["method"]["label"]: r for r in store.load_records(tmp_path / "later", deep=True)}
    whole = {r["method"]["label"]: r for r in store.load_records(tmp_path / "whole")}
    assert after.keys() == before.keys()
    for method, record in after.items():
        assert set(record["scored_later"]) == ADDED
        assert record["timing"] == before[method]["timing"]
        assert record["seeds"] == before[method]["seeds"]
        for entry in ("protocols", "references", "floors", "metrics", "scored", "key"):
            assert record[entry] == whole[method][entry], entry
        kept = {file.name for file in Path(record["folder"]).iterdir()}
        assert kept == {
            "record.json",
            "scores.parquet",
            "traces.parquet",
            "diagnostics.json",
            "samples.npz",
            "film.npz",
            FILE,
        }


def test_it_has_no_curve(suite, tmp_path: Path) -> None:
    do(plan(suite(), tmp_path))
    do(plan(suite(MORE), tmp_path))
    steps = bench.load(tmp_path).groupby("name")["step"].nunique()
    assert (steps["modes_covered"], steps["sliced_wasserstein"], steps["fd_data"]) == (3, 1, 1)


OTHER = MORE.replace("wasserstein(n=200)", "wasserstein(n=200, projections=16)")


def test_a_curve_is_not_replaced_by_a_point(suite, tmp_path: Path) -> None:
    """Of a metric that training measured, other options are trained for; of one that was scored later they are scored."""
    do(plan(suite(MORE), tmp_path / "curve"))
    assert [job.of for job in plan(suite(OTHER), tmp_path / "curve").jobs] == [None, None]
    do(plan(suite(), tmp_path / "point"))
    do(plan(suite(MORE), tmp_path / "point"))
    assert [job.of is None for job in plan(suite(OTHER), tmp_path / "point").jobs] == [False, False]


def test_a_point_has_no_best_and_no_area(suite, tmp_path: Path) -> None:
    do(plan(suite(), tmp_path))
    do(plan(suite(MORE), tmp_path))
    frame = bench.load(tmp_path)
    measures = {
        name: Measure(higher_is_better=name == "modes_covered") for name in ("modes_covered", "sliced_wasserstein")
    }
    of_seeds = summarise(frame, measures).dropna(subset="seed")
    names = set(of_seeds["name"])
    assert {"modes_covered_best", "modes_covered_area"} <= names
    assert not [name for name in names if name.startswith("sliced_wasserstein_") and name.endswith(("best", "area"))]


def test_samples_are_those_of_training_whatever_is_scored(suite, tmp_path: Path) -> None:
    """The first 100 of 200 are not the 100 that would be drawn alone."""
    few = f"{FIRST}, sliced_wasserstein(n=100)"
    do(plan(suite(), tmp_path / "later"))
    do(plan(suite(few), tmp_path / "later"))
    do(plan(suite(few), tmp_path / "whole"))
    one = {"sliced_wasserstein"}
    pd.testing.assert_frame_equal(ends(tmp_path / "later", one), ends(tmp_path / "whole", one), check_exact=True)


def test_a_checkpoint_of_other_metrics_is_not_continued(suite, tmp_path: Path) -> None:
    def stop(step: int, alive: int, steps: int) -> None:
        if step == 20:
            raise KeyboardInterrupt

    job = plan(suite(), tmp_path).jobs[0]
    assert seed_block.run(job, stop).status == "interrupted"
    more = plan(suite(MORE), tmp_path).jobs[0]
    with pytest.warns(UserWarning, match="the checkpoint is another run's, starting afresh"):
        assert seed_block.run(more).status == "done"
    steps = bench.load(tmp_path).query("method == 'GAN'").groupby("name")["step"].nunique()
    assert steps["sliced_wasserstein"] == 3


def test_what_outcomes_are_told_from_is_trained_for(suite, tmp_path: Path) -> None:
    """They are told from curves."""
    do(plan(suite(), tmp_path))
    todo = plan(suite(FIRST.replace("200", "300")), tmp_path)
    assert [(job.of, len(job.seeds)) for job in todo.jobs] == [(None, 3), (None, 3)]


def test_without_weights_it_is_trained_again(suite, tmp_path: Path) -> None:
    do(plan(suite(keep="none"), tmp_path))
    assert not list(tmp_path.rglob(FILE))
    assert [job.of for job in plan(suite(MORE), tmp_path).jobs] == [None, None]


def test_spoilt_weights_cost_no_number(suite, tmp_path: Path) -> None:
    do(plan(suite(), tmp_path))
    for file in tmp_path.rglob(FILE):
        content = bytearray(file.read_bytes())
        content[-9] ^= 1
        file.write_bytes(content)
    assert plan(suite(), tmp_path).jobs == ()
    assert [job.of for job in plan(suite(MORE), tmp_path).jobs] == [None, None]


def test_fewer_metrics_and_keeping_weights_change_no_key(suite, tmp_path: Path) -> None:
    do(plan(suite(MORE), tmp_path))
    assert plan(suite(), tmp_path).jobs == ()
    assert plan(suite(keep="none"), tmp_path).jobs == ()
    assert len(plan(suite(), tmp_path, force=True).jobs) == 2


def test_results_are_scored_by_what_no_suite_lists(bench: Bench, write: Write, tmp_path: Path) -> None:
    path, root = write(TEXT.format(metrics=FIRST, keep="last")), tmp_path / "results" / "toy"
    assert bench("run", path, "--no-report", "--quiet").returncode == 0
    before = {r["folder"] for r in store.load_records(root)}
    wrong = bench("score", root, "--metric", "frechet(m=3)")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("--metric frechet(m=3): 'm' is not an option of frechet")
    done = bench("score", root, "--metric", "frechet(n=200)", "--metric", "energy(n=100)")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert "fd_data" in done.stdout
    records = store.load_records(root, deep=True)
    assert {tuple(r["scored_later"]) for r in records} == {("energy", "fd_data")}
    assert len(records) == len(before)
    assert "fd_data" in (root / "scores.csv").read_text()
    assert bench("score", root, "--metric", "precision(n=400)").returncode == 0  # no outcome is told anew
    assert bench("run", path, "--no-report").stderr.startswith(
        "2 cells (0 skipped); 6 seeds there, 0 to run in 0 blocks"
    )
    for file in root.rglob(FILE):
        file.unlink()
    none = bench("score", root, "--metric", "sliced_wasserstein(n=200)")
    assert none.returncode == 4
    assert "ring8 / GAN: can't be scored: its weights are not as they were written" in none.stderr
