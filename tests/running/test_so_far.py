"""What a block has measured so far is on disk at every evaluation, and whoever looks meanwhile is told that it is not all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.commands.show import command as show
from bench.records.under_way import ENDING, UnderWay, under_way, write_under_way
from bench.reporting import build
from bench.running import seed_block
from bench.running.job import Job
from bench.running.plan import plan
from bench.suite.load import load_suite

Write = Callable[[str], Path]
TEXT = """
suite: toy
seeds: 3
train: {steps: 30, batch: 16, evaluate_every: 10}
datasets: {ring8: ring(n=500)}
methods: {GAN: "gan(width=8, depth=1)", VAE: "vae(width=8, depth=1)"}
metrics: [modes_covered(n=200)]
"""


def stop_at(step: int) -> Callable[[int, int, int], None]:
    def stop(at: int, alive: int, steps: int) -> None:
        if at >= step:
            raise KeyboardInterrupt

    return stop


@pytest.fixture
def jobs(write: Write, tmp_path: Path) -> tuple[Job, ...]:
    return plan(load_suite(write(TEXT)), tmp_path / "results").jobs


def test_a_block_is_seen_where_it_was_last_evaluated(jobs: tuple[Job, ...], tmp_path: Path) -> None:
    gan, vae = jobs
    seed_block.run(vae)
    assert under_way(tmp_path / "results" / "toy") == []
    seed_block.run(gan, stop_at(20))
    (one,) = under_way(tmp_path / "results" / "toy")
    assert (one.dataset, one.method, one.seeds, one.step, one.steps, one.alive) == (
        "ring8",
        "GAN",
        (0, 1, 2),
        20,
        30,
        3,
    )
    assert {name for _, name, _ in one.scores} == {
        "modes_covered",
        "mmd_multiscale",
        "high_quality_rate",
        "modes_occupied",
    }
    said = CliRunner().invoke(show, [str(tmp_path / "results" / "toy")])
    assert said.exit_code == 0
    assert (
        "under way, not in the tables: ring8 / GAN · seeds-0-2: step 20 of 30, 3/3 seeds alive, modes_covered "
        in said.stdout
    )
    page = build(tmp_path / "results" / "toy", tmp_path / "report")
    assert "Under way, and not in this report: ring8 / GAN" in page.read_text()
    seed_block.run(gan)
    assert under_way(tmp_path / "results" / "toy") == []


def test_a_folder_in_which_nothing_is_whole_yet_can_be_shown(jobs: tuple[Job, ...], tmp_path: Path) -> None:
    seed_block.run(jobs[0], stop_at(10))
    for record in (tmp_path / "results").rglob("record.json"):
        record.unlink()  # a run that is under way has none
    said = CliRunner().invoke(show, [str(tmp_path / "results" / "toy")])
    assert (said.exit_code, "step 10 of 30" in said.stdout) == (0, True)


def test_a_folder_that_cannot_be_written_stops_no_training(
    jobs: tuple[Job, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bench.running.so_far.write_under_way", full)
    assert seed_block.run(jobs[0]).status == "done"


def test_medians_are_of_living_seeds() -> None:
    scores = ((0, "a", 1.0), (1, "a", None), (2, "a", 4.0), (3, "a", 3.0), (0, "b", None), (0, "c", 0.12345))
    one = UnderWay("ring", "GAN", (0, 1, 2, 3), 5, 9, 3, scores)
    assert one.said == "ring / GAN · seeds-0-3: step 5 of 9, 3/4 seeds alive, a 3, c 0.123"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"dataset": 1}', "\x00"])
def test_what_cannot_be_read_is_passed_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".running" / "a" / f"seeds-0{ENDING}"
    write_under_way(path, UnderWay("ring", "GAN", (0,), 1, 2, 1, ((0, "a", 1.0),)))
    assert len(under_way(tmp_path)) == 1
    path.write_text(text)
    assert under_way(tmp_path) == []
    path.write_text(
        json.dumps({"dataset": "d", "method": "m", "seeds": [], "step": 1, "steps": 2, "alive": 1, "scores": []})
    )
    assert under_way(tmp_path) == []
