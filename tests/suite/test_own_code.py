"""A suite's own plugins, in files beside it: found, part of what identifies a result, and wrong in one line."""

from __future__ import annotations

import importlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.plugins import own_code, words
from bench.plugins.own_code import snake_case
from bench.running.cells import cells
from bench.running.executors.base import find
from bench.running.plan import plan
from bench.suite.load import load_suite
from bench.suite.yaml_lines import SuiteError
from tests.running.elsewhere import Heard
from tests.suite.own_files import METRIC, NET, STABILIZER, SUITE, own
from tests.unruly import ROOT


@pytest.fixture(autouse=True)
def _put_away() -> Iterator[None]:
    yield
    own_code.use(None)


def keys(path: Path) -> dict[str, str]:
    return {cell.method.label: cell.key for cell in cells(load_suite(path))}


def test_words_of_files_folders_and_modules_are_found(tmp_path: Path) -> None:
    suite = load_suite(own(tmp_path))
    assert [type(m.stabilizers[0]).__name__ for m in suite.methods] == ["InputDecay", "InputDecay"]
    assert suite.methods[1].stabilizers[0].weight == 1  # type: ignore[attr-defined]
    assert suite.metrics[0].names() == ("mean_gap",)
    gan, net = cells(suite)
    assert "input_decay" in words("stabilizers")
    assert net.method.game.arch == "nets.narrow:Narrow"  # type: ignore[attr-defined]
    load_suite(ROOT / "suites" / "toys.yaml")
    assert "input_decay" not in words("stabilizers")  # another suite's own are not its own
    assert "my_stabilizers" not in sys.modules
    assert gan.wanted["mean_gap"]


def test_their_code_is_part_of_the_key(tmp_path: Path) -> None:
    plain = keys(own(tmp_path))
    commented = STABILIZER.replace("drift =", "# as published\n            drift =")
    assert keys(own(tmp_path, my_stabilizers=commented)) == plain
    other = keys(own(tmp_path, bench_plugins__gaps=METRIC.replace("dim=1", "dim=-1")))
    assert other == plain  # a metric looks at what was trained
    changed = keys(own(tmp_path, my_stabilizers=STABILIZER.replace(".square()", ".abs()", 1)))
    assert all(changed[label] != plain[label] for label in plain)
    helper = keys(own(tmp_path, strength="STRENGTH = 2.0"))
    assert all(helper[label] not in (plain[label], changed[label]) for label in plain)
    net = keys(own(tmp_path, nets__narrow=NET.replace("width: int = 4", "width: int = 4\n        depth: int = 1")))
    assert net["GAN"] == plain["GAN"]
    assert net["NET"] != plain["NET"]


def test_a_key_does_not_depend_on_where_the_suite_lies(tmp_path: Path) -> None:
    assert keys(own(tmp_path / "a")) == keys(own(tmp_path / "b"))


def test_files_of_one_name_in_two_folders_do_not_meet(tmp_path: Path) -> None:
    first = load_suite(own(tmp_path / "a"))
    second = load_suite(own(tmp_path / "b", my_stabilizers=STABILIZER.replace("0.001", "0.002")))
    parts = [suite.methods[0].stabilizers[0] for suite in (first, second)]
    assert type(parts[0]) is not type(parts[1])
    assert pickle.dumps(second.methods[0])
    (job, *_) = plan(first, tmp_path).jobs  # which brings back what belongs to the first
    assert type(pickle.loads(pickle.dumps(job)).cell.method.stabilizers[0]) is type(parts[0])


LATE = "from __future__ import annotations" + STABILIZER.replace("NonNegative = ", "Nowhere = ").replace("\n    ", "\n")
NONE = "defines no plugin, a class derived from Stabilizer, Metric or another contract (a helper's name begins with _)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n1 / 0", "bad.py:2: can't be imported (ZeroDivisionError: division by zero)"),
        ("import sys\nsys.exit(3)", "bad.py:2: can't be imported (SystemExit: 3)"),
        ("def f(:", "bad.py:1: can't be imported (SyntaxError: invalid syntax (bad.py, line 1))"),
        ("import nowhere", "bad.py:1: can't be imported (ModuleNotFoundError: No module named 'nowhere')"),
        (LATE,
         "bad.py:8: InputDecay has an option that can't be read (NameError: name 'Nowhere' is not defined)"),
        (STABILIZER.replace("InputDecay", "R1"),
         "bad.py:8: a stabilizer is called 'r1' already (bench.stabilizers.r1); rename the class R1"),
        ("X = 1", f"bad.py: {NONE}"),
        (None, "bad.py: there is no such file (on this machine, where it is not the one that planned the run)"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_one_line_with_its_place(tmp_path: Path, text: str | None, said: str) -> None:
    path = own(tmp_path, SUITE.replace("[my_stabilizers.py]", "[bad.py]"), **({"bad": text} if text else {}))
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    (line,) = str(caught.value).splitlines()
    assert line == f"{path}:4: plugins: {tmp_path}/{said}"


def test_a_word_of_two_files_names_both(tmp_path: Path) -> None:
    path = own(tmp_path, bench_plugins__twin=STABILIZER)
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    first, second = f"{tmp_path}/my_stabilizers.py:8", f"{tmp_path}/bench_plugins/twin.py:8"
    said = f"{second}: a stabilizer is called 'input_decay' already ({first}); rename the class InputDecay"
    assert str(caught.value) == f"{path}:1: bench_plugins: {said}"


@pytest.mark.parametrize(
    ("files", "listed", "said"),
    [
        ({"json": "X = 1"}, "json.py", "json.py: a module is called 'json' already ("),
        ({"torch": "X = 1"}, "torch.py", "torch.py: a module is called 'torch' already ("),
        ({"deep__my_stabilizers": STABILIZER}, "my_stabilizers.py, deep/my_stabilizers.py",
         "has the same name: rename one of them"),
        ({"not_so": "X = 1"}, "not-so.py", "not-so.py: there is no such file"),
    ],
)  # fmt: skip
def test_a_file_shadows_nothing(tmp_path: Path, files: dict[str, str], listed: str, said: str) -> None:
    path = own(tmp_path, SUITE.replace("my_stabilizers.py", listed), **files)
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    assert all(said in line for line in str(caught.value).splitlines())


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("nowhere:InputDecay", "nowhere:InputDecay: there is no module nowhere in "),
        ("my_stabilizers:Nowhere", "my_stabilizers.py has no class Nowhere"),
        ("bench_plugins.gaps:MeanGap", "is no stabilizer: its class has to derive from bench.training.hooks.Stabilizer"),
        ("os:PathLike", "os:PathLike: there is no module os in "),
    ],
)  # fmt: skip
def test_a_class_that_is_not_there_is_one_line(tmp_path: Path, word: str, said: str) -> None:
    path = own(tmp_path, SUITE.replace("my_stabilizers:InputDecay(weight=1)", word))
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}:9: methods.NET: ")
    assert said in line


def test_a_job_finds_its_plugins_in_another_process_and_no_others(tmp_path: Path) -> None:
    (job, *_) = plan(load_suite(own(tmp_path / "suite")), tmp_path).jobs
    sent, elsewhere = tmp_path / "job", tmp_path / "elsewhere"
    sent.write_bytes(pickle.dumps(job))
    elsewhere.mkdir()
    text = (
        f"import pickle, pathlib; job = pickle.loads(pathlib.Path({str(sent)!r}).read_bytes());"
        "print(job.cell.method.stabilizers, job.cell.metrics)"
    )

    def received() -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            [sys.executable, "-c", text], cwd=elsewhere, env=environment, capture_output=True, text=True, check=False
        )

    there = received()
    assert there.returncode == 0, there.stderr
    assert "InputDecay" in there.stdout
    own(tmp_path / "suite", my_stabilizers=STABILIZER.replace(".square()", ".abs()", 1))
    changed = received()
    assert f"{tmp_path}/suite/my_stabilizers.py" in changed.stderr
    assert "changed since the run began; run it again" in changed.stderr.splitlines()[-1]


def test_a_run_and_a_score_of_own_code(tmp_path: Path, bench: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    own(tmp_path / "lab", SUITE.replace("[mean_gap]", "[energy(n=50)]"))
    ran = bench("run", "lab/own.yaml", "--slots", 1, "--no-report", "--only", "ring8 / NET")
    assert ran.returncode == 0, ran.stderr
    assert "energy" in ran.stdout
    scored = bench("score", "results/own", "--metric", "mean_gap(n=50)")
    assert scored.returncode == 0, scored.stderr
    assert "mean_gap" in scored.stdout


def test_a_worker_that_finds_other_code_says_so_and_trains_nothing(tmp_path: Path) -> None:
    """As where a file is edited while a run is under way: the block has no record, and the run goes on."""
    jobs = plan(load_suite(own(tmp_path / "lab")), tmp_path).jobs
    heard = Heard()
    own(tmp_path / "lab", my_stabilizers=STABILIZER.replace(".square()", ".abs()", 1))
    find("local")(1).run(jobs, heard)
    assert [(kind, *rest[-1:]) for kind, *rest in heard.said if kind == "end"] == [("end", "infra")] * 2
    assert not list((tmp_path / "own").rglob("record.json"))


def test_what_was_there_stays(tmp_path: Path) -> None:
    """A suite in the folder of bench itself: neither its modules nor the folders that modules come from are put away."""
    name, paths = "bench.suite.starting_suite", [*sys.path]
    sys.modules.pop(name, None)
    own_code.use(own_code.OwnCode(ROOT))
    importlib.import_module(name)
    load_suite(own(tmp_path))
    assert name in sys.modules
    assert str(tmp_path) in sys.path
    own_code.use(None)
    assert sys.path == paths


def test_names_become_words() -> None:
    names = {"GradFade": "grad_fade", "R1Penalty": "r1_penalty", "WGANLoss": "wgan_loss", "EMA2": "ema2", "R1": "r1"}
    assert {name: snake_case(name) for name in names} == names
