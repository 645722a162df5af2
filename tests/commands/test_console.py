"""Terminal tables at 80 columns: no value is cut, none is folded, and the suite's order stays."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from rich.console import Console
from rich.table import Table

from bench.commands._console import LEAST, LOG, console, fitted
from bench.commands._seeds import Seeds
from tests.reporting import fake

NUMBERS = ["0.1234 [0.1111, 0.2222]", "12345678", "failed (survivors 0.03)", "99.9 (100%)"]


def drawn(view: Table, width: int) -> str:
    out = io.StringIO()
    screen = Console(file=out, width=width)
    for part in fitted(view, width):
        screen.print(part)
    return out.getvalue()


def wide(columns: int) -> Table:
    view = Table(title="all", caption="what it means")
    view.add_column("data set", overflow="fold")
    view.add_column("method", overflow="fold")
    for k in range(columns):
        view.add_column(f"metric_{k}", justify="right")
    for row in range(3):
        view.add_row("ring8", f"GAN [lr=0.00{row}, weight=0.1, a_long_option=0.5]", *(NUMBERS * columns)[:columns])
    return view


@pytest.mark.parametrize("columns", [1, 4, 9])
@pytest.mark.parametrize("width", [80, 100])
def test_no_value_is_cut(columns: int, width: int) -> None:
    text = drawn(wide(columns), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for value in NUMBERS[:columns]:
        assert text.count(value) == 3 * sum(NUMBERS[k % 4] == value for k in range(columns))
    assert [text.count(f"metric_{k}") for k in range(columns)] == [1] * columns
    assert text.count("what it means") == 1


def test_what_fits_stays_one_table() -> None:
    view = wide(1)
    assert fitted(view, 200) == [view]


def bench(*words: object) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "COLUMNS": "80"}
    command = [sys.executable, "-m", "bench", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False, encoding="utf-8")


def test_show_at_80_columns_in_the_suites_order(tmp_path: Path) -> None:
    for method in ("EDM", "GAN"):
        fake.write(tmp_path, "ring8", method, seeds=range(3), q=True, losses=False)
    (tmp_path / "suite.yaml").write_text("suite: toys\ndatasets: {ring8: ring()}\nmethods: {GAN: gan, EDM: edm}\n")
    done = bench("show", tmp_path)
    assert done.returncode == 0, done.stderr
    first = done.stdout.split("metric")[0]
    assert done.stdout.splitlines()[0].strip() == "stability"
    assert first.index("GAN") < first.index("EDM")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "…" not in done.stdout


def test_compare_says_what_it_can_and_what_it_cannot(tmp_path: Path) -> None:
    fake.write(tmp_path, "ring8", "GAN", seeds=range(6), losses=False)
    fake.write(tmp_path, "ring8", "EDM", seeds=range(6), quality=0.9, losses=False)
    done = bench("compare", tmp_path, "GAN", "EDM")
    assert done.returncode == 0, done.stderr
    assert done.stdout.index("settings that differ") < done.stdout.index("effects")
    for words, said in (
        (["compare", tmp_path, tmp_path / "absent"], "there is no such folder"),
        (["compare", tmp_path, "GAN", "EMD"], "no method 'EMD' has a result; there are"),
    ):
        wrong = bench(*words)
        assert wrong.returncode == 2
        assert said in wrong.stderr
        assert len(wrong.stderr.splitlines()) == 1


@pytest.mark.parametrize(("asked", "width"), [("²", LOG), ("0", LEAST), ("80", 80), ("", LOG), ("-3", LOG)])
def test_a_width_that_is_none(asked: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", asked)
    assert console().width == width


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("list >&-", 0, ""),
        ("list --json > /dev/full", 4, "the output: No space left on device"),
        ("--version 2>&-", 0, ""),
    ],
)
def test_an_output_that_takes_nothing(words: str, code: int, said: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m bench {words}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("words", ["list", "list --json"])
def test_a_reader_that_goes_away_ends_it_as_it_ends_other_programs(words: str) -> None:
    shell = f"{{ {sys.executable} -m bench {words}; echo $? >&2; }} | head -1"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=False)
    assert done.stderr == "141\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_a_terminal_that_lacks_letters_gets_them_escaped(encoding: str) -> None:
    """`list` has α, σ and the like in its docstrings."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-m", "bench", "list", "models"], env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    "wrong", ["9223372036854775808", "1_0", "²", "0-99999999999999999999", "3,9223372036854775808"]
)
def test_seeds_that_no_table_holds(wrong: str) -> None:
    with pytest.raises(click.BadParameter, match="write a number of seeds"):
        Seeds().convert(wrong, None, None)
