"""Watchers see every score once, reach no number, and can break no run."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pandas as pd
import pytest
from click.testing import CliRunner
from rich.console import Console

import bench as package
from bench.commands.run import command as run
from bench.records import store
from bench.running import run as running
from bench.running import seed_block, watchers, watching
from bench.running.executors.base import Listener
from bench.running.job import Job
from bench.running.plan import plan
from bench.running.progress import Quiet
from bench.running.watchers.base import NoWatcher, Row, find, words
from bench.suite.load import load_suite
from tests.running.tuned_suite import Here

Write = Callable[[str], Path]
TEXT = """
suite: toy
seeds: 2
train: {steps: 30, batch: 16, evaluate_every: 10}
datasets: {ring8: ring(n=500)}
methods: {A GAN: "gan(width=8, depth=1)"}
metrics: [modes_covered(n=200)]
"""
COLUMNS = {"modes_covered", "mmd_multiscale", "high_quality_rate", "modes_occupied"}


class Fake:
    """Keeps what it is told."""

    told: ClassVar[list[tuple[Any, ...]]]

    @classmethod
    def where(cls, root: Path) -> str:
        return f"here, at {root.name}"

    def __init__(self, root: Path) -> None:
        self.root = root

    def begin(self, suite: str, cell: tuple[str, str], seeds: Sequence[int], config: Mapping[str, Any]) -> None:
        self.told.append(("begin", suite, cell, tuple(seeds), config["train"]["steps"]))

    def scores(self, step: int, rows: Sequence[Row]) -> None:
        self.told.append(("scores", step, tuple(rows)))

    def end(self, status: str) -> None:
        self.told.append(("end", status))


class Raises(Fake):
    def scores(self, step: int, rows: Sequence[Row]) -> None:
        raise RuntimeError("the server\nis gone")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    monkeypatch.setattr(Fake, "told", found, raising=False)
    return found


class Trains(Here):
    """Blocks in this process, with what workers say of how far they are."""

    def run(self, jobs: Sequence[Job], listener: Listener) -> None:
        for k, job in enumerate(jobs):
            listener.begin(k, job)
            done = seed_block.run(job, lambda step, alive, steps, k=k: listener.progress(k, step, alive, steps))
            listener.end(k, job, done)


def train(write: Write, tmp_path: Path, *kinds: Any, out: str = "results") -> Path:
    suite = load_suite(write(TEXT))
    todo = plan(suite, tmp_path / out)
    with watching.watching(Quiet(Console(stderr=True, soft_wrap=True)), kinds) as heard:
        running.execute(todo, suite, Trains(), heard)
    return todo.root


def test_every_score_comes_once_and_no_number_changes(write: Write, tmp_path: Path, told: list[Any]) -> None:
    root = train(write, tmp_path, Fake)
    assert told[0] == ("begin", "toy", ("ring8", "A GAN"), (0, 1), 30)
    assert told[-1] == ("end", "done")
    rows = [(step, *row) for what, step, *more in told[1:-1] for row in more[0] if what == "scores"]
    assert len(set(rows)) == len(rows)
    held = store.load(root, kinds=["score"])
    held = held[held["kind"] == "score"].dropna(subset="value")
    assert set(rows) == set(zip(held["step"], held["seed"], held["name"], held["value"], strict=True))
    assert {column for *_, column, _ in rows} == COLUMNS | {"quality"}
    plain = train(write, tmp_path, out="plain")
    (one,), (other,) = (store.load_records(folder) for folder in (root, plain))
    assert one["key"] == other["key"]
    columns = ["seed", "step", "name", "value"]
    without = store.load(plain, kinds=["score"])
    without = without[without["kind"] == "score"].dropna(subset="value")
    pd.testing.assert_frame_equal(held[columns].reset_index(drop=True), without[columns].reset_index(drop=True))


def test_what_a_watcher_raises_is_one_line(write: Write, tmp_path: Path, told: list[Any], capsys: Any) -> None:
    root = train(write, tmp_path, Raises, Fake)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1, said
    assert said[0].startswith("note: the watcher Raises is not told any more: RuntimeError: the server (")
    assert store.load_records(root)[0]["status"] == "done"
    assert told[-1] == ("end", "done")  # of the other one


def test_a_record_that_cannot_be_read_costs_a_line_and_ends_its_watchers(
    write: Write, tmp_path: Path, told: list[Any], capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(watching, "read_rows", unreadable)
    train(write, tmp_path, Fake)
    assert "note: watchers miss something: OSError: [Errno 5] Input/output error" in capsys.readouterr().err
    assert told[-1] == ("end", "done")


def test_a_watcher_that_hangs_is_left(
    write: Write, tmp_path: Path, told: list[Any], capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()
    monkeypatch.setattr(Raises, "scores", lambda *_: free.wait(60))
    monkeypatch.setattr(watching, "PATIENCE", 0.1)
    root = train(write, tmp_path, Raises)
    free.set()
    assert "note: Raises: not through 0 s after the run" in capsys.readouterr().err
    assert store.load_records(root)[0]["status"] == "done"


def test_the_command_takes_words_and_says_where_to_look(
    write: Write, tmp_path: Path, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "fake.py").write_text(
        "from tests.running.test_watching import Fake as Base\nclass Fake(Base): pass\n"
    )
    monkeypatch.setattr(watchers, "__path__", [*watchers.__path__, str(tmp_path / "more")])
    monkeypatch.setattr(running, "find", lambda word: lambda slots: Trains())
    assert words() == ["fake", "mlflow", "tensorboard", "wandb"]
    asked = [str(write(TEXT)), "--out", str(tmp_path / "results"), "--no-report", "--watch"]
    done = CliRunner().invoke(run, [*asked, "fake"])
    assert done.exit_code == 0, done.output
    assert "starting 1 worker…\nwatch: here, at toy\n" in done.stderr
    assert told[-1] == ("end", "done")
    wrong = CliRunner().invoke(run, [*asked, "tensorbord"])
    assert (wrong.exit_code, wrong.stderr) == (2, "no watcher is called 'tensorbord'; did you mean 'tensorboard'?\n")


@pytest.mark.parametrize(
    ("word", "module", "extra"),
    [
        ("tensorboard", "torch.utils.tensorboard", "tensorboard"),
        ("wandb", "wandb", "wandb"),
        ("mlflow", "mlflow", "mlflow"),
    ],
)
def test_what_is_not_installed_is_said_before_the_run(
    word: str, module: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # type: ignore[arg-type]
    with pytest.raises(NoWatcher, match=rf"needs .*: pip install 'gan-diffusion-bench\[{extra}\]'"):
        find(word).where(tmp_path)


def test_tensorboard_has_a_run_for_each_seed(write: Write, tmp_path: Path, told: list[Any]) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    kind = find("tensorboard")
    root = train(write, tmp_path, kind, Fake)
    assert kind.where(root) == f"tensorboard --logdir {root}/.tensorboard"
    assert sorted(p.name for p in (root / ".tensorboard" / "ring8" / "a-gan").iterdir()) == ["seed-0", "seed-1"]

    def read(seed: int) -> dict[str, list[tuple[int, float]]]:
        held = EventAccumulator(str(root / ".tensorboard" / "ring8" / "a-gan" / f"seed-{seed}")).Reload()
        found = {tag: [(e.step, e.value) for e in held.Scalars(tag)] for tag in held.Tags()["scalars"]}
        return {tag: curve for tag, curve in found.items() if curve}

    held = store.load(root, kinds=["score"])
    held = held[(held["kind"] == "score") & (held["seed"] == 1)]
    expected = {n: list(zip(of["step"], of["value"].astype("float32"), strict=True)) for n, of in held.groupby("name")}
    assert read(1) == expected
    watcher = kind(root)  # the block again: what it showed before is hidden, and what comes late is put into its place
    watcher.begin("toy", ("ring8", "A GAN"), (1,), {"train": {"steps": 30}})
    watcher.scores(10, [(1, "a", 1.0)])
    assert read(1) == {"a": [(10, 1.0)]}  # while the block goes on
    watcher.scores(30, [(1, "a", 3.0)])
    watcher.scores(20, [(1, "a", 2.0)])
    watcher.scores(20, [(1, "quality", 0.5)])
    watcher.end("done")
    assert read(1) == {"a": [(10, 1.0), (20, 2.0), (30, 3.0)], "quality": [(20, 0.5)]}
    assert read(0)["modes_covered"]


def test_wandb_has_a_run_for_each_seed(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module in its place: its own one starts a service."""

    class Run:
        def __init__(self, **about: Any) -> None:
            self.about, self.logged, self.summary = about, list[dict[str, float]](), dict[str, str]()
            made.append(self)

        def define_metric(self, name: str, step_metric: str) -> None:
            assert step_metric == "step"

        def log(self, row: dict[str, float]) -> None:
            self.logged.append(row)

        def finish(self, exit_code: int) -> None:
            self.exit_code = exit_code

    made: list[Run] = []
    fake: Any = ModuleType("wandb")
    fake.init, fake.Settings = Run, lambda **given: given
    monkeypatch.setitem(sys.modules, "wandb", fake)
    monkeypatch.setenv("WANDB_MODE", "offline")
    kind = find("wandb")
    root = train(write, tmp_path, kind)
    assert kind.where(root) == "project toy of Weights & Biases"
    monkeypatch.delenv("WANDB_MODE")
    fake.login = lambda prompt: not prompt
    assert kind.where(root) == "project toy of Weights & Biases"
    fake.login = lambda prompt: prompt
    with pytest.raises(
        NoWatcher, match=r"^the watcher 'wandb' can't be used: nobody is logged in: wandb login, or WANDB_MODE"
    ):
        kind.where(root)
    fake.login = lambda prompt: 1 / 0
    with pytest.raises(NoWatcher, match=r"can't be used: division by zero, or WANDB_MODE=offline$"):
        kind.where(root)
    assert [(run.about["project"], run.about["group"], run.about["config"]["seed"]) for run in made] == [
        ("toy", "ring8 / A GAN", 0), ("toy", "ring8 / A GAN", 1),
    ]  # fmt: skip
    for one in made:
        assert {name for row in one.logged for name in row} == COLUMNS | {"quality", "step"}
        assert {row["step"] for row in one.logged} == {10, 20, 30}
        assert (one.exit_code, one.summary["status"]) == (0, "done")


@pytest.mark.long
def test_wandb_itself_takes_it_offline(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    root = train(write, tmp_path, find("wandb"))
    assert len(list(root.glob("wandb/offline-run-*/*.wandb"))) == 2


@pytest.fixture
def mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    found = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    before = found.get_tracking_uri()
    found.set_tracking_uri((tmp_path / "runs").as_uri())
    yield found
    found.set_tracking_uri(before)


@pytest.mark.filterwarnings("ignore")  # what its own store says of its future
def test_mlflow_has_a_run_for_each_seed(write: Write, tmp_path: Path, mlflow: Any) -> None:
    root = train(write, tmp_path, find("mlflow"))
    client = mlflow.MlflowClient()
    at = client.get_experiment_by_name("toy").experiment_id
    runs = {run.info.run_name: run for run in client.search_runs([at])}
    assert set(runs) == {"ring8 / A GAN · 2 seeds", "ring8 / A GAN · seed 0", "ring8 / A GAN · seed 1"}
    one = runs["ring8 / A GAN · seed 1"]
    assert one.data.tags["mlflow.parentRunId"] == runs["ring8 / A GAN · 2 seeds"].info.run_id
    assert (one.data.params["train.steps"], one.data.params["seed"], one.info.status) == ("30", "1", "FINISHED")
    (record,) = store.load_records(root)
    assert one.data.params["key"] == record["key"]
    assert {m.step for m in client.get_metric_history(one.info.run_id, "quality")} == {10, 20, 30}


def test_a_run_from_python_can_be_watched(write: Write, tmp_path: Path, told: list[Any]) -> None:
    with pytest.raises(NoWatcher, match=r"no watcher is called 'x' \(known: "):
        package.run(write(TEXT), tmp_path / "results", watch=["x"])
    assert json.dumps(told) == "[]"
