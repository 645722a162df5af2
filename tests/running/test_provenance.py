"""Where numbers come from: commits of the program and of the suite, versions of what is installed; no part of a key."""

from __future__ import annotations

import importlib.metadata
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import bench as package
from bench.records import store
from bench.running import provenance, seed_block
from bench.running.plan import plan
from bench.running.provenance import Commits, commits, versions
from bench.suite.load import load_suite
from bench.suite.suite import Suite

Write = Callable[[str], Path]
TEXT = """
suite: toy
seeds: 1
train: {steps: 10, batch: 8}
datasets: {ring8: ring(n=500)}
methods: {GAN: "gan(width=8, depth=1)"}
metrics: [modes_covered(n=100)]
"""
OWN = """
from dataclasses import dataclass
from bench import Stabilizer

@dataclass(frozen=True)
class Mine(Stabilizer):
    weight: float = 1
"""


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    return subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def suite(write: Write, tmp_path: Path) -> Suite:
    """A suite in a repository of its own, committed."""
    path = write(TEXT)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", path.name)
    git(tmp_path, "commit", "-qm", "a suite")
    return load_suite(path)


def test_the_commit_of_the_repository_in_which_the_suite_lies(suite: Suite, tmp_path: Path) -> None:
    head = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "new").write_text("")  # what a run writes is no change
    assert commits(suite).suite == head
    suite.path.write_text(TEXT + "\n")
    assert commits(suite).suite == f"{head}+"
    git(tmp_path, "checkout", "-q", ".")
    assert commits(suite).suite == head


def test_files_that_are_not_tracked_mark_it(suite: Suite, tmp_path: Path) -> None:
    head = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "bench_plugins").mkdir()
    (tmp_path / "bench_plugins" / "own.py").write_text(OWN)
    assert commits(load_suite(suite.path)).suite == f"{head}+"
    other = tmp_path / "other.yaml"
    other.write_text(TEXT)
    git(tmp_path, "add", "bench_plugins")
    git(tmp_path, "commit", "-qm", "a plugin")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert (commits(load_suite(suite.path)).suite, commits(load_suite(other)).suite) == (head, f"{head}+")
    (tmp_path / ".gitignore").write_text("other.yaml")
    assert commits(load_suite(other)).suite is None


def test_outside_of_a_repository_there_is_none(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = load_suite(write(TEXT))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(suite.path.parent.parent))
    assert commits(suite).suite is None
    monkeypatch.setenv("PATH", "")  # no git either
    assert commits(suite) == Commits(None, None)


def test_an_installation_within_a_repository_has_none_of_its_commits(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / ".venv" / "bench"
    site.mkdir(parents=True)
    (site / "__init__.py").write_text("")
    monkeypatch.setattr(provenance, "PROGRAM", site)
    assert commits(suite).bench is None
    git(tmp_path, "add", "-f", ".venv")
    git(tmp_path, "commit", "-qm", "the program itself")
    assert commits(suite) == Commits(git(tmp_path, "rev-parse", "HEAD"), None)  # one repository, told once


def test_versions_of_what_matters_and_of_packages_that_add_words(unruly: Path) -> None:
    versions.cache_clear()
    found = versions()
    versions.cache_clear()
    assert found["torch"] == torch.__version__
    assert found["bench"] == package.__version__
    assert found["unruly"] == "1"
    for name in ("scipy", "torchmetrics", "torch-fidelity", "torchvision"):
        assert found[name] == importlib.metadata.version(name)
    assert found.get("cuda") == torch.version.cuda


def test_they_are_in_the_record_and_in_no_key(suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))  # as within a hook
    (job,) = plan(suite, tmp_path / "results").jobs
    monkeypatch.delenv("GIT_DIR")
    seed_block.run(job)
    (record,) = store.load_records(tmp_path / "results")
    assert record["suite_commit"] == git(tmp_path, "rev-parse", "HEAD")
    assert record["versions"]["scipy"] == importlib.metadata.version("scipy")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "another")
    monkeypatch.setattr(provenance, "_version", lambda name: "other")
    versions.cache_clear()
    again = plan(suite, tmp_path / "results")
    versions.cache_clear()
    assert again.jobs == ()
    assert again.cells[0].key == record["key"]
