"""bench golden record|check as a person types it: what it says, what it writes, and its exit codes."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.commands.golden import command
from bench.gate import golden_record
from bench.stabilizers.r1 import R1

SUITE = """
suite: toy
seeds: 2
train: {steps: 20, batch: 8}
datasets:
  ring: ring(n=200, held_out=200, std=0.05)
methods:
  GAN: gan(width=4, depth=1) + r1
  VAE: vae(width=4, depth=1)
metrics: [energy(n=50)]
"""
FILE = Path("results/baselines/toy.golden.jsonl")


def bench(*words: str) -> Result:
    return CliRunner().invoke(command, words)


@pytest.fixture(autouse=True)
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with a suite and its trajectories. The commands' own handling of SIGTERM ends with the test."""
    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.chdir(tmp_path)
    Path("suites").mkdir()
    Path("suites/toy.yaml").write_text(SUITE)
    assert (
        bench("record", "suites/toy.yaml").output.splitlines()[-1]
        == f"{FILE}: 5 lines, of which 0 were kept as they are: 3 new"
    )
    yield
    signal.signal(signal.SIGTERM, handler)


def test_the_same_is_0_with_and_without_a_suite() -> None:
    for words in (("check", "suites/toy.yaml"), ("check",)):
        done = bench(*words)
        assert done.exit_code == 0, done.output
        assert "5 compared within 1e-05 (samples 1e-06): the same" in done.output
    assert bench("record", "suites/toy.yaml").output == f"{FILE}: unchanged (5 lines)\n"


def test_what_changed_is_3_until_it_is_accepted_and_only_what_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    true = R1.penalty
    monkeypatch.setattr(R1, "penalty", lambda self, inputs, at: 2 * true(self, inputs, at))
    done = bench("check", "suites/toy.yaml")
    assert done.exit_code == 3
    assert done.output.startswith("changed: ring / GAN, seed 0: grad_norm_D at step 1 was ")
    assert bench("check", "suites/toy.yaml", "--only", "*VAE").exit_code == 0
    then = FILE.read_text().splitlines()
    done = bench("record", "suites/toy.yaml", "--only", "*GAN")
    assert done.output.splitlines()[-1] == f"{FILE}: 5 lines, of which 2 were kept as they are: 1 changed"
    assert [a == b for a, b in zip(then, FILE.read_text().splitlines(), strict=True)] == [
        True,
        True,
        False,
        False,
        True,
        True,
    ]
    assert bench("check").exit_code == 0


def test_a_lost_line_is_named() -> None:
    FILE.write_text("".join(FILE.read_text().splitlines(keepends=True)[:-1]))
    done = bench("check", "suites/toy.yaml")
    assert done.exit_code == 3
    assert done.output.splitlines()[0] == "incomplete in the file: ring / VAE, seed 1 is not there"
    assert "4 compared" in done.output


def test_a_damaged_file_is_2_and_a_line_of_the_cell_that_it_concerns() -> None:
    FILE.write_text(FILE.read_text()[:-20])
    done = bench("check", "suites/toy.yaml")
    assert done.exit_code == 2
    assert done.output.startswith(f"{FILE}:6: not a whole line of JSON")
    assert len(done.output.splitlines()) == 1


def test_a_cell_that_raises_is_4_and_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(*words: object) -> None:
        raise RuntimeError("no")

    then = FILE.read_bytes()
    monkeypatch.setattr(R1, "penalty", raises)
    for word in ("check", "record"):
        done = bench(word, "suites/toy.yaml")
        assert (done.exit_code, done.output.splitlines()[0]) == (4, "broken: ring / GAN: RuntimeError: no")
    assert FILE.read_bytes() == then


def test_an_interrupt_is_130_and_leaves_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*words: object, **more: object) -> None:
        raise KeyboardInterrupt

    then = FILE.read_bytes()
    monkeypatch.setattr(golden_record, "_trajectory", interrupted)
    done = bench("record", "suites/toy.yaml")
    assert (done.exit_code, done.output) == (130, f"interrupted; {FILE} is as it was\n")
    assert bench("check").exit_code == 130
    assert FILE.read_bytes() == then
    assert [path.name for path in FILE.parent.iterdir()] == [FILE.name]


def test_what_selects_nothing_is_5_and_what_is_not_there_2() -> None:
    assert bench("check", "suites/toy.yaml", "--only", "nothing").exit_code == 5
    assert bench("check", "suites/none.yaml").exit_code == 2
    assert bench("check", "--file", "a.jsonl").exit_code == 2
    Path("suites/toy.yaml").rename("suites/other.yaml")
    done = bench("check")
    assert (done.exit_code, len(done.output.splitlines())) == (2, 1)
    FILE.unlink()
    assert (
        bench("check", "suites/other.yaml").output == f"{FILE}: there is no such file; 'bench golden record' makes it\n"
    )
    assert bench("check").exit_code == 5


def test_lines_say_where_they_were_made_when_the_header_does_not() -> None:
    header, *lines = FILE.read_text().splitlines()
    FILE.write_text("\n".join([json.dumps(json.loads(header) | {"torch": "1.0.0"}), *lines]) + "\n")
    bench("record", "suites/toy.yaml", "--only", "*VAE")
    made = [json.loads(line).get("made", {}).get("torch") for line in FILE.read_text().splitlines()[1:]]
    assert len(set(made)) == 2
    done = bench("check")
    assert done.exit_code == 0
    assert "since they were recorded on torch 1.0.0, here " in done.output
