"""The commands, as a stranger meets them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.records import store

GOOD = """
suite: toy
seeds: 2
train: {steps: 20, batch: 8, evaluate_every: 10}
datasets:
  ring8: ring(n=1000)
methods:
  GAN: gan(width=8)
  EMA: gan(width=8) + ema
metrics: [modes_covered(n=100)]
probes: [losses]
skip:
  - {dataset: ring8, method: EMA, reason: too dear}
"""
Bench = Callable[..., subprocess.CompletedProcess[str]]
Write = Callable[[str], Path]


def one_line(done: subprocess.CompletedProcess[str], said: str) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1:] == done.stderr.splitlines(), done.stderr
    assert said in done.stderr
    assert done.stdout == ""


def test_help_needs_no_torch() -> None:
    code = "import sys\nfrom bench.__main__ import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += "heavy = {'torch', 'numpy', 'pandas', 'yaml', 'rich'} & set(sys.modules)\nassert not heavy, heavy"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize(
    "module", ["bench.running.seed_block", "bench.commands.check", "bench.commands.run", "bench.suite.load"]
)
def test_workers_and_checks_import_what_they_need(module: str) -> None:
    """Every worker process pays for what it imports, before its first step; scipy's statistics take as long as torch."""
    code = f"import sys, {module}\nheavy = {{'pandas', 'scipy', 'sklearn', 'matplotlib', 'torchmetrics', 'torchvision', 'pyarrow'}}"
    code += "\nassert not heavy & set(sys.modules), heavy & set(sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_every_command_helps(bench: Bench) -> None:
    listed = bench("--help").stdout
    for word in ("run", "check", "plan", "list", "report", "show"):
        assert f"\n  {word} " in listed
        assert bench(word, "--help").returncode == 0


def test_a_typo_is_one_line(bench: Bench, write: Write, tmp_path: Path) -> None:
    path = write(GOOD.replace("width=8) + ema", "wdith=8) + ema"))
    for word in ("run", "check", "plan"):
        one_line(
            bench(word, path),
            f"{path}:9: methods.EMA: 'wdith' is not an option of gan; did you mean 'width'? (options: ",
        )
    assert not (tmp_path / "results").exists()


def test_files_and_folders_that_are_not_there(bench: Bench, write: Write, tmp_path: Path) -> None:
    for word in ("run", "check", "plan"):
        one_line(bench(word, "nothing.yaml"), "nothing.yaml: there is no such file")
    for word in ("show", "report"):
        one_line(bench(word, "nothing"), "nothing: there is no such folder")
        one_line(bench(word, tmp_path), "there is no record in it")


@pytest.mark.usefixtures("unruly")
def test_data_that_is_not_there_is_one_line(bench: Bench, write: Write, tmp_path: Path) -> None:
    path = write(GOOD.replace("ring(n=1000)", "absent"))
    one_line(bench("run", path), f"{path}:6: datasets.ring8: nowhere: there is no such folder; put the images there")


def test_a_folder_that_cannot_be_written_is_one_line(bench: Bench, write: Write, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one_line(bench("run", write(GOOD), "--out", "file"), "file/toy: results can't be written there: Not a directory")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--device", "tpu"], "device 'tpu' is not here"),
        (["--executor", "ray"], "pip install 'gan-diffusion-bench[ray]'"),
    ],
)
def test_options_that_cannot_be_had_are_one_line(bench: Bench, write: Write, words: list[str], said: str) -> None:
    if "ray" in words:
        try:
            import ray  # noqa: F401
        except ImportError:
            pass
        else:
            pytest.skip("Ray is installed")
    one_line(bench("run", write(GOOD), *words), said)


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_pattern_that_no_cell_fits_is_exit_5(bench: Bench, write: Write, command: str) -> None:
    done = bench(command, path := write(GOOD), "--only", "nobody")
    said = f"{path}: no cell is called 'nobody' (cells are called 'data set / method'): nothing selected"
    assert (done.returncode, done.stderr.strip()) == (5, said)


@pytest.mark.parametrize(
    "words", [["--seeds", "x"], ["--seeds", "1,1"], ["--slots", "0"], ["--executor", "dask"], ["--nix"]]
)
def test_usage_errors_are_exit_2(bench: Bench, write: Write, words: list[str]) -> None:
    done = bench("run", write(GOOD), *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_from_a_suite_to_records(bench: Bench, write: Write, tmp_path: Path) -> None:
    path, root = write(GOOD), tmp_path / "results" / "toy"
    assert bench("check", path).stdout == f"{path}: 2 cells, 2 seeds (0 to 1)\n"
    planned = bench("plan", path).stdout
    assert "skipped: ring8 / EMA: too dear" in planned
    assert "0 seeds are there; 1 block to run" in planned
    ran = bench("run", path, "--no-report", "--slots", 1)
    assert ran.returncode == 0, ran.stderr
    assert "GAN" in ran.stdout
    records = {record["method"]["label"]: record for record in store.load_records(root)}
    assert (records["EMA"]["status"], records["EMA"]["reason"]) == ("skipped", "too dear")
    done = records["GAN"]
    assert (done["status"], done["mapping"], done["lanes"], done["nfe"]) == ("done", "vmap", 2, 1)
    assert [entry["outcome"] for entry in done["seeds"]] == ["unlearned", "unlearned"]  # after two steps
    assert set(done["parameters"]) == {"G", "D"}
    assert done["floors"].keys() == done["protocols"].keys() == done["metrics"].keys() == {
        "modes_covered", "mmd_multiscale", "high_quality_rate", "modes_occupied", "quality",
    }  # fmt: skip
    assert done["timing"]["training"] > 0
    names = {p.name for p in Path(done["folder"]).iterdir()}
    files = {"scores.parquet", "traces.parquet", "diagnostics.json", "samples.npz", "film.npz", "weights.pt"}
    assert names == {"record.json", *files}
    assert {p.name for p in root.iterdir()} >= {"ring8", "suite.yaml", "scores.csv"}
    frame = store.load(root)
    for metric in done["metrics"]:
        assert sorted(frame[(frame["kind"] == "score") & (frame["name"] == metric)]["step"]) == [10, 10, 20, 20]
    assert set(frame["kind"]) == {"score", "trace", "cost"}
    again = bench("run", path, "--no-report", "--slots", 1)
    assert "2 seeds there, 0 to run in 0 blocks" in again.stderr
    shown = bench("show", root).stdout
    assert "GAN" in shown
    assert "EMA" not in shown
    assert "skipped cells: 1 × too dear" in shown
    smoke = bench("run", path, "--no-report", "--steps", 2)
    assert smoke.returncode == 0
    assert [
        r["train"]["steps"] for r in store.load_records(tmp_path / "results" / "toy-steps2") if r["status"] == "done"
    ] == [2]
    forced = bench("run", path, "--no-report", "--force", "--slots", 1)
    assert forced.returncode == 0
    first, second = (r for r in store.load_records(root) if r["status"] == "done")
    assert (Path(first["folder"]) / "scores.parquet").read_bytes() == (
        Path(second["folder"]) / "scores.parquet"
    ).read_bytes()


def test_list_says_what_there_is(bench: Bench) -> None:
    said = bench("list", "stabilizers").stdout
    assert "gradient_penalty(weight=10.0, target=1.0" in said
    assert "alters: loss" in said
    assert "stabilizers/gradient_penalty.py" in said


def test_a_second_pattern_does_not_replace_the_first(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from bench.commands.run import command

    done = CliRunner().invoke(command, ["toy.yaml", "--only", "GAN", "--only", "VAE"])
    assert (done.exit_code, "give one pattern" in done.stderr) == (2, True)
