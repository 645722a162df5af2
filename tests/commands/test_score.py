"""`bench score` of samples that were made elsewhere; of results it is in tests/running/test_scoring.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from bench.commands.score import command
from bench.data.digits import Digits
from bench.evaluation.evaluator import Evaluator
from bench.metrics.frechet import Frechet
from bench.metrics.precision import Precision

DIGITS = Digits().load()
ASKED = "frechet(space=digits), precision(n=150)"


def score(samples: Path, *words: str) -> Result:
    return CliRunner().invoke(command, [str(samples), *words])


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    np.savez(tmp_path / "theirs.npz", DIGITS.x[:400].view(2, 200, 1, 8, 8).numpy())
    return tmp_path / "theirs.npz"


def test_what_is_read_is_what_an_evaluator_reads_and_stands_beside_its_references(theirs: Path) -> None:
    done = score(theirs, "--data", "digits", "--metrics", ASKED, "--json")
    assert done.exit_code == 0, done.output
    found = {one["name"]: one for one in json.loads(done.stdout)["metrics"]}
    judge = Evaluator(DIGITS, [Frechet(space="digits", n=200), Precision(n=150)])
    read = judge(DIGITS.x[:400].view(2, 200, 1, 8, 8), torch.ones(2, dtype=torch.bool))
    for name, one in judge.references().items():
        assert found[name]["values"] == [value for _, column, value in read if column == name]
        for kind in ("real", "null", "half", "copies", "deviation"):
            assert found[name][kind] == pytest.approx(one.as_record()[kind], nan_ok=True) or np.isnan(
                one.as_record()[kind]
            )
    assert [found[name]["n"] for name in ("fd_digits", "precision_data")] == [200, 150]
    assert list(theirs.parent.iterdir()) == [theirs]  # nothing is written


def test_the_table_has_a_line_a_metric(theirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    done = score(theirs, "--data", "digits", "--metrics", ASKED)
    assert done.exit_code == 0, done.output
    lines = [line for line in done.stdout.splitlines() if "fd_digits ↓" in line or "precision_data ↑" in line]
    assert len(lines) == 2
    assert "[" in lines[0]  # the median of two seeds, and both
    assert "±" in lines[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--metrics", ASKED), "theirs.npz: holds no records; of samples say the data set too: --data 'digits'"),
        (("--data", "digits"), "theirs.npz: nothing would be measured: say --metrics"),
        (
            ("--data", "ring", "--metrics", "energy"),
            "theirs.npz: its samples are [n, 200, 1, 8, 8], and those of the data [n, 2]",
        ),
        (("--data", "ringg", "--metrics", "energy"), "--data: no data set is called 'ringg'; did you mean 'ring'?"),
        (("--data", "digits", "--metrics", "kid(m=1)"), "--metrics: 'm' is not an option of kid"),
        (("--data", "digits", "--metrics", "kid, {a: 1}"), "--metrics: 'kid, {a: 1}' is no list of calls"),
        (("--data", "digits", "--metrics", "kid + kid"), "--metrics: 'kid + kid' is more than one"),
        (("--data", "digits", "--metrics", "stein"), "--metrics: stein does not fit the data"),
        (("--data", "digits", "--metrics", "kid(n=201)"), "theirs.npz, seed 0: holds 200 samples, and 201 are judged"),
    ],
)
def test_mistakes_are_a_line_and_exit_with_2(theirs: Path, words: tuple[str, ...], said: str) -> None:
    done = score(theirs, *words)
    assert done.exit_code == 2
    assert done.stderr.replace(f"{theirs.parent}/", "").startswith(said)
    assert done.stderr.count("\n") == 1


def test_what_is_not_finite_is_refused(tmp_path: Path) -> None:
    x = DIGITS.x[:100].numpy().copy()
    x[4, 0, 0, 0] = np.nan
    np.save(tmp_path / "a.npy", x)
    done = score(tmp_path / "a.npy", "--data", "digits", "--metrics", "energy")
    assert done.exit_code == 2
    assert done.stderr == (
        f"{tmp_path / 'a.npy'}: 1 of 100 samples hold numbers that are not finite: mend or remove them\n"
    )


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((0, 1, 8, 8), "an array there has no samples: give at least one"),
        ((0, 20, 1, 8, 8), "an array there has no samples: give at least one"),
        ((1, 1, 8, 8), "holds 1 sample, and no metric is measured on fewer than 2: give more"),
    ],
)
def test_too_few_for_any_metric_is_a_line(tmp_path: Path, shape: tuple[int, ...], said: str) -> None:
    np.save(tmp_path / "a.npy", np.zeros(shape, np.float32))
    done = score(tmp_path / "a.npy", "--data", "digits", "--metrics", "energy")
    assert (done.exit_code, done.stderr) == (2, f"{tmp_path / 'a.npy'}: {said}\n")


def test_a_folder_of_records_is_known_by_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text("suite: x\n")
    done = score(tmp_path, "--data", "digits", "--metrics", "energy")
    assert (done.exit_code, done.stderr) == (2, f"{tmp_path}: holds records, which know their data: leave --data out\n")
