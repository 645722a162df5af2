"""`--json` of the commands that print tables, and `bench list` of some words."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bench as package
from bench.commands._json import plain
from bench.commands.list import command as list_command
from bench.plugins import CATEGORIES, words

Bench = Callable[..., subprocess.CompletedProcess[str]]
Write = Callable[[str], Path]
SUITE = """
suite: toy
seeds: 3
train: {steps: 20, batch: 8, evaluate_every: 10}
datasets: {ring8: "ring(n=1000, held_out=300)"}
methods: {GAN: gan(width=8), EMA: gan(width=8) + ema, R1: gan(width=8) + r1}
metrics: [energy(n=100)]
claims: {c: {is: EMA, better_than: GAN, in: energy}}
skip: [{dataset: ring8, method: R1, reason: too dear}]
"""


def test_every_table_is_json_too(bench: Bench, write: Write, tmp_path: Path) -> None:
    path = write(SUITE)
    (checked,) = json.loads(bench("check", path, "--json").stdout)
    assert checked["cells"] == ["ring8 / GAN", "ring8 / EMA", "ring8 / R1"]
    assert (checked["seeds"], checked["trials"], checked["problems"]) == ([0, 1, 2], 0, [])
    planned = json.loads(bench("plan", path, "--json", "--slots", 2).stdout)
    assert [block["cell"] for block in planned["blocks"]] == ["ring8 / GAN", "ring8 / EMA"]
    assert [block["steps"] for block in planned["blocks"]] == [20, 20]
    assert planned["seconds"] == pytest.approx(sum(block["seconds"] for block in planned["blocks"]) / 2)
    assert planned["skipped"] == {"ring8 / R1": "too dear"}
    assert bench("run", path, "--no-report", "--quiet", "--slots", 1).returncode == 0
    again = json.loads(bench("plan", path, "--json").stdout)
    assert (again["blocks"], again["seeds_there"], again["seconds"]) == ([], 6, 0)

    shown = json.loads(bench("show", "results/toy", "--json").stdout)
    gan, ema, left_out = shown["cells"]
    assert left_out == {"dataset": "ring8", "method": "R1", "skipped": "too dear"}
    frame = package.load(tmp_path / "results" / "toy")
    last = frame[(frame.name == "energy") & (frame.method == "EMA") & (frame.step == 20)].value
    assert ema["medians"]["energy"] == pytest.approx(last.median(), rel=1e-12)
    assert sum(gan["outcomes"].values()) == gan["stability"]["seeds"] == 3
    assert [claim["status"] for claim in shown["claims"]] == ["undecided"]

    compared = json.loads(bench("compare", "results/toy", "GAN", "EMA", "--json").stdout)
    (effect,) = [one for one in compared["effects"] if one["name"] == "energy"]
    assert effect["b"] == pytest.approx(last.median(), rel=1e-12)
    assert effect["seeds"] == [3, 3]


def test_problems_are_json_and_still_an_error(bench: Bench, write: Write) -> None:
    path = write(SUITE.replace("+ r1", "+ r11"))
    done = bench("check", path, "--json")
    assert done.returncode == 2
    (told,) = json.loads(done.stdout)
    assert told["problems"] == done.stderr.splitlines()
    assert "no stabilizer is called 'r11'" in told["problems"][0]
    assert bench("show", "nowhere", "--json").stdout == ""


def listed(*arguments: str) -> Any:
    from click.testing import CliRunner

    return CliRunner().invoke(list_command, arguments)


def test_list_says_choices_of_the_words_that_are_asked_for() -> None:
    found = json.loads(listed("--json").stdout)
    assert {name: [entry["word"] for entry in entries] for name, entries in found.items()} == {
        name: words(name) for name in CATEGORIES
    }
    (gan,) = json.loads(listed("models", "gan", "--json").stdout)["models"]
    options = {option["name"]: option for option in gan["options"]}
    assert options["optimizer"]["choices"] == ["adam", "adamw", "muon", "sgd", "rmsprop"]
    assert "wasserstein" in options["loss"]["choices"]
    assert (options["latent"]["kind"], options["latent"]["range"]) == ("a whole number", "at least 1")
    assert options["lr"]["default"] == "0.001"
    said = listed("gan").stdout.splitlines()
    assert said[0] == "models"
    assert "      optimizer: adam, adamw, muon, sgd, rmsprop" in said
    assert "      latent: a whole number, at least 1" in said
    assert {line for line in listed("*ema").stdout.splitlines() if not line.startswith(" ")} == {"stabilizers"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("stabilizers", "emma"), "no word of stabilizers is called 'emma'; did you mean 'ema'?"),
        (("modles",), "no category and no word is called 'modles'; did you mean 'models'?"),
        (("modles", "gan"), "no category is called 'modles'; did you mean 'models'?"),
    ],
)
def test_list_of_what_there_is_not_is_one_line(arguments: tuple[str, ...], said: str) -> None:
    done = listed(*arguments)
    assert (done.exit_code, done.stderr) == (2, f"{said}\n")


def test_numbers_that_json_has_not() -> None:
    held = {"a": float("nan"), "b": (float("-inf"), np.float32(0.5)), "c": Path("x"), "d": [True, None, 3]}
    assert plain(held) == {"a": None, "b": ["-inf", 0.5], "c": "x", "d": [True, None, 3]}
