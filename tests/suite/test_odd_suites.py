"""Odd suites, as a user would check them: each mistake is one line with its place, soon, and the exit code is 2."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.commands.check import command

BASE = """suite: toy
seeds: 2
train: {steps: 10, batch: 8}
datasets:
  ring: ring(n=100, held_out=50)
methods:
  A: gan(width=8)
metrics: [energy(n=20)]
probes: [losses]
"""
A, RING, TRAIN = "A: gan(width=8)", "ring: ring(n=100, held_out=50)", "{steps: 10, batch: 8}"
FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", ":1: the file is empty"),
    "blank": (b" \n\n", ":1: the file is empty"),
    "a comment": (b"# hi\n", ":1: the file is empty"),
    "binary": (bytes(range(256)), ": can't be read: it is not UTF-8 text"),
    "utf-16": (BASE.encode("utf-16"), ": can't be read: it is not UTF-8 text"),
    "nul": (b"\0\0", ":1: this is not YAML: a character (U+0000)"),
    "a list": (b"- a\n", ":1: expected a mapping with the keys suite"),
    "a word": (b"hello", ":1: expected a mapping with the keys suite"),
    "a tag": (
        BASE.replace("toy", "!!python/object:os.system toy").encode(),
        ":1: this is not YAML: the tag '!!python/",
    ),
    "a tag of one's own": (
        BASE.replace("toy", "!mine toy").encode(),
        ":1: this is not YAML: the tag '!mine' means nothing",
    ),
    "tabs": (
        BASE.replace("  A", "\tA").encode(),
        ":7: this is not YAML: while scanning for the next token found character '\\t'",
    ),
    "two documents": (f"{BASE}---\n{BASE}".encode(), ":10: this is not YAML: expected a single document"),
    "twice": (f"{BASE}seeds: 3\n".encode(), ":10: 'seeds' is given twice (first on line 2)"),
    "20 MB": (b"#" * 20_000_000, ": has more than 500000 bytes, which no suite has"),
    "100 000 entries": (
        b"metrics: [" + b"a, " * 100_000 + b"]",
        ":1: this is not YAML: it has more than 20000 entries",
    ),
    "open brackets": (b"metrics: [" + b"a(, " * 15_000 + b"]", ":1: the key 'suite' is missing"),
    "deep": (b"a: " + b"[" * 100_000, ":1: this is not YAML: more than 50 lists and mappings"),
}
ODD = [
    (A, "A: gan(width=1000000, depth=1000)", ":7: methods.A: gan: width=1000000 and depth=1000 are about 1e+15 weights"),
    (A, "A: gan(depth=1000000000)", ":7: methods.A: gan: depth=1000000000 is more than 1000 layers: choose fewer"),
    (A, "A: gan(arch=mlp(width=1000000))", ":7: methods.A: option 'arch' of gan: mlp: width=1000000 are about"),
    (A, "A: gan(latent=-3)", ":7: methods.A: option 'latent' of gan: -3 is out of range (at least"),
    (A, "A: gan(lr=-1)", ":7: methods.A: option 'lr' of gan: -1 is out of range"),
    (A, "A: gan(width=8) + r1(weight=-1)", ":7: methods.A: option 'weight' of r1: -1 is out of range"),
    (A, "A: gan(width=8) + ema(decay=1.5)", ":7: methods.A: option 'decay' of ema: 1.5 is out of range"),
    (A, f"A: gan{' + r1' * 5000}", ":7: methods.A: can't read 'gan + r1 + r1"),
    (A, f"A: gan{' + r1(weight=[1,2,3,4,5,6,7,8,9])' * 9}", ":7: methods.A: its lists make 387420489 settings, and a row"),
    (A, f"A: gan(lr=[{','.join(f'{k}e-9' for k in range(1, 1200))}], width={[*range(1, 10)]})", ":7: methods.A: gan: its lists"),
    (A, '"\\uD83D": gan', ":7: methods: "),
    (A, f"{'x' * 300}: gan", f":7: methods: '{'x' * 60}…': a label has at most 100 characters, not 300"),
    (RING, "ring: ring(n=0)", ":5: datasets.ring: option 'n' of ring: 0 is out of range (at least 1)"),
    (RING, "ring: ring(n=1000000000000)", ":5: datasets.ring: option 'n' of ring: 1e+12 is out of range (at most 1e+07)"),
    (RING, "ring: point(n=1000000000000)", ":5: datasets.ring: option 'n' of point: 1e+12 is out of range (at most 1e+07)"),
    (RING, "ring: grid(side=1000000)", ":5: datasets.ring: grid: side=1000000 makes 1000000000000 modes"),
    ("[losses]", "[losses(every=-5)]", ":9: probes: option 'every' of losses: -5 is out of range (at least 1)"),
    ("[losses]", "[losses(every=0)]", ":9: probes: option 'every' of losses: 0 is out of range (at least 1)"),
    ("energy(n=20)", "frechet(space=digts)", ":8: metrics: no feature space is called 'digts'; did you mean 'digits'?"),
    ("seeds: 2", f"seeds: {10**30}", ":2: seeds: has to be at most 1000000"),
    ("seeds: 2", "seeds: 10^30", ":2: seeds: expected a number of seeds"),
    ("seeds: 2", "seeds: [1, 1]", ":2: seeds: expected whole numbers, 0 or more, each named once"),
    ("seeds: 2", f"seeds: [{2**63}]", ":2: seeds: 9223372036854775808 is too large"),
    (TRAIN, f"{{budget: {{gradients: {10**30}}}, batch: 8}}", ":3: train.budget: 1000000000000000000000000000000 gradients"),
    (TRAIN, "{steps: 10, batch: 1e11}", ":3: train.batch: expected a whole number, not 1"),
    (TRAIN, "{steps: 10, batch: 100000000000}", ":3: train: batch has to be at most"),
    (TRAIN, f"{{steps: {10**30}, batch: 8}}", ":3: train: steps has to be at most"),
    (TRAIN, "{budget: {gradients: 1e30}, batch: 8}", ":3: train.budget: expected a whole number of gradients"),
]  # fmt: skip


def checked(path: Path) -> tuple[int, list[str], float]:
    """The exit code, the lines on standard error, and the seconds of the processor."""
    start = time.process_time()
    result = CliRunner().invoke(command, [os.fspath(path)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result.exit_code, result.stderr.splitlines(), time.process_time() - start


def refused(path: Path, said: str) -> None:
    code, lines, seconds = checked(path)
    assert code == 2
    assert lines[0].startswith(f"{path}{said}"), lines[0]
    assert all(line.startswith(f"{path}:") and len(line) < 600 for line in lines)
    assert seconds < 5  # two, with room for a machine that is busy


def test_the_plain_one_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "toy.yaml"
    for text in (BASE, BASE.replace("\n", "\r\n"), f"\ufeff{BASE}", BASE.replace(" {steps: 10,", "\t{steps:\t10,")):
        path.write_bytes(text.encode())
        assert checked(path)[:2] == (0, [])


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_no_suite(tmp_path: Path, kind: str) -> None:
    content, said = FILES[kind]
    path = tmp_path / "toy.yaml"
    path.write_bytes(content)
    refused(path, said)


@pytest.mark.parametrize(("old", "new", "said"), ODD, ids=lambda part: part[:30])
def test_a_suite_with_one_odd_thing(write: Callable[[str], Path], old: str, new: str, said: str) -> None:
    assert BASE.count(old) == 1
    refused(write(BASE.replace(old, new)), said)


def test_a_path_that_leads_to_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    for path, said in (
        (tmp_path, ": can't be read: Is a directory"),
        (tmp_path / "pipe", ": is no file"),
        (Path("/dev/zero"), ": is no file"),
        (tmp_path / "nowhere", ": there is no such file"),
        (tmp_path / "round", ": can't be read: "),
    ):
        code, (line,), _ = checked(path)
        assert code == 2
        assert line.startswith(f"{path}{said}"), line
