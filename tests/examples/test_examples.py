"""The examples do what they say; blocks of seeds are trained in this process, and commands are called in it."""

from __future__ import annotations

import runpy
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench.plugins import own_code
from bench.running import run
from tests.running.tuned_suite import Here

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs one in an empty folder; what it prints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run, "find", lambda word: lambda slots: Here())

    start = subprocess.run

    def call(words: list[str], **more: Any) -> Any:
        if words[1:3] != ["-m", "bench"]:
            return start(words, **more)
        done = CliRunner().invoke(import_module(f"bench.commands.{words[3]}").command, words[4:])
        assert done.exit_code == 0, done.output
        print(done.stdout)
        return None

    monkeypatch.setattr(subprocess, "run", call)

    def ran(name: str) -> str:
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out

    yield ran
    own_code.use(None)


def test_samples_from_elsewhere(example: Any, tmp_path: Path) -> None:
    said = example("elsewhere.py")
    assert "theirs as digits" in said
    assert "fd_digits ↓" in said
    assert "covers more: refuted" in said
    assert (tmp_path / "reports/elsewhere/index.html").is_file()


def test_a_pipeline(example: Any) -> None:
    said = example("pipeline.py")
    assert "their pipeline" in said
    assert "training_s" not in said
    (line,) = (line for line in said.splitlines() if line.startswith("modes_occupied"))
    assert line.split()[-1] == "8.000"


def test_other_libraries(example: Any) -> None:
    ours, theirs = example("other_libraries.py").splitlines()
    assert ours.startswith("torchmetrics: {'fd_digits': 12.3")
    assert theirs.startswith("torch-fidelity: {'frechet_inception_distance': 12.2")  # of images of 8 bits


def test_every_example_is_run() -> None:
    assert {file.name for file in EXAMPLES.glob("*.py")} == {"elsewhere.py", "pipeline.py", "other_libraries.py"}
