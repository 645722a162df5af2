"""The first minutes: a suite to begin with, shipped suites by their names, and what the wheel carries."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import bench as package
from bench.suite import shipped
from bench.suite.load import load_suite
from bench.suite.shipped import baseline_file, suite_file, suites
from bench.suite.yaml_lines import SuiteError
from tests.unruly import ROOT

Bench = Callable[..., subprocess.CompletedProcess[str]]


def test_init_writes_a_suite_that_passes_its_check_and_overwrites_none(bench: Bench, tmp_path: Path) -> None:
    done = bench("init", "my_lab.yaml")
    assert (done.returncode, done.stdout) == (0, "my_lab.yaml: written; next: bench check my_lab.yaml\n")
    checked = bench("check", "my_lab.yaml")
    assert (checked.returncode, checked.stdout) == (0, "my_lab.yaml: 3 cells, 6 seeds (0 to 5)\n")
    (tmp_path / "my_lab.yaml").write_text("mine")
    again = bench("init", "my_lab.yaml")
    assert again.returncode == 2
    assert again.stderr == "my_lab.yaml: is there already, and nothing is overwritten: name another file\n"
    assert (tmp_path / "my_lab.yaml").read_text() == "mine"
    assert bench("init", "nowhere/x.yaml").stderr == "nowhere/x.yaml: can't be written: No such file or directory\n"
    assert bench("init", "x").stderr == "x: a suite is a .yaml file: bench init x.yaml\n"


def test_a_shipped_suite_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_suite("quickstart").name == "quickstart"
    assert suite_file(Path("quickstart")) == ROOT / "suites" / "quickstart.yaml"
    (tmp_path / "quickstart").write_text("mine")  # a file of that name comes first
    assert suite_file(Path("quickstart")) == Path("quickstart")
    assert suite_file(Path("none.yaml")) == Path("none.yaml")  # which is told where it is read
    with pytest.raises(
        SuiteError, match=r"^quickstrat: there is no such file, and no suite .*did you mean 'quickstart'"
    ):
        suite_file(Path("quickstrat"))
    with pytest.raises(SuiteError, match=r"the suite that comes with bench is called ci$"):
        suite_file(Path("suites/ci.yaml"))


def test_only_a_shipped_suite_has_a_shipped_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ci.yaml").write_text("suite: ci")
    path = Path("results/baselines/ci.jsonl")
    assert baseline_file(path, suites()["ci"]) == ROOT / path
    assert baseline_file(path, tmp_path / "ci.yaml") == path
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    assert baseline_file(path, suites()["ci"]) == path


def test_an_installed_package_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bench" / "shipped" / "suites"
    folder.mkdir(parents=True)
    (folder / "one.yaml").write_text("")
    monkeypatch.setattr(shipped, "PACKAGE", tmp_path / "bench")
    assert suites() == {"one": folder / "one.yaml"}


def test_the_version_is_said(bench: Bench) -> None:
    assert bench("--version").stdout == f"bench, version {package.__version__}\n"
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {package.__version__}\n" in citation
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts["gdbench"] == scripts["bench"]


@pytest.mark.long
def test_the_wheel_carries_suites_baselines_and_types(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", "77")
    for part in ("bench", "suites", "results/baselines", "pyproject.toml", "setup.py", "README.md", "LICENSE"):
        copy = tmp_path / "source" / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / part, copy) if (ROOT / part).is_dir() else shutil.copy(ROOT / part, copy)
    wheel = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    subprocess.run([*wheel, str(tmp_path / "source")], check=True, capture_output=True)
    (file,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(file).namelist())
    expected = {f"bench/shipped/suites/{path.name}" for path in (ROOT / "suites").glob("*.yaml")}
    expected |= {f"bench/shipped/baselines/{path.name}" for path in (ROOT / "results/baselines").glob("*.jsonl")}
    expected |= {str(path.relative_to(ROOT)) for path in (ROOT / "bench").rglob("*.py")}
    assert expected | {"bench/py.typed", "bench/data/_digit_classifier.npz"} <= held
    assert any(name.endswith("licenses/LICENSE") for name in held)
