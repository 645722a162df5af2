"""A plugin that is broken breaks its own word, in one line, and nothing that does without it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.running.cells import cells
from bench.suite.catalog import entries
from bench.suite.load import load_suite
from bench.suite.yaml_lines import SuiteError
from tests.unruly import forget_words

ONE = """from __future__ import annotations
from dataclasses import dataclass
from bench.metrics.base import Metric
from bench.probes.base import Probe
from bench.training.hooks import Stabilizer
"""
MODULES = {
    "exits": "raise SystemExit(3)",
    "splits": "1 / 0",
    "annotated": """
@dataclass(frozen=True, kw_only=True)
class It(Stabilizer):
    rate: Nowhere = 1.0
""",
    "raises": """
@dataclass(frozen=True, kw_only=True)
class It(Stabilizer):
    def __post_init__(self):
        raise RuntimeError("no licence")
""",
    "leaves": """
@dataclass(frozen=True, kw_only=True)
class It(Stabilizer):
    def __post_init__(self):
        raise SystemExit(1)
""",
    "judges": """
@dataclass(frozen=True, kw_only=True)
class It(Stabilizer):
    def refuses(self, game):
        return game.nowhere
""",
    "stranger": "class It: pass",
    "number": "It = 3",
    "silent": """
@dataclass(frozen=True, kw_only=True)
class It(Metric):
    def names(self):
        raise AttributeError("no names")
    def reference(self, data):
        return 0
    def measure(self, fake, real):
        return {}
""",
    "unfinished": """
@dataclass(frozen=True, kw_only=True)
class It(Probe):
    every: int = 10
""",
}
CATEGORY = {"silent": "metrics", "unfinished": "probes"}
SUITE = """
suite: toy
seeds: 2
train: {steps: 10, batch: 8}
datasets: {ring8: "ring(n=100, held_out=50)"}
methods:
  GAN: gan(width=8)
  R1: gan(width=8) + r1(weight=1)
metrics: [energy(n=20)]
probes: [losses]
"""
Write = Callable[[str], Path]


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    site = tmp_path / "site"
    about = site / "broken-1.dist-info"
    about.mkdir(parents=True)
    found: dict[str, list[str]] = {}
    for word, text in MODULES.items():
        (site / f"broken_{word}.py").write_text(ONE + text)
        found.setdefault(CATEGORY.get(word, "stabilizers"), []).append(f"{word} = broken_{word}:It")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (about / "entry_points.txt").write_text(
        "\n".join(f"[bench.{category}]\n" + "\n".join(lines) for category, lines in found.items())
    )
    monkeypatch.syspath_prepend(os.fspath(site))
    forget_words()
    yield
    forget_words()


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("exits", "can't be imported (SystemExit: 3)"),
        ("splits", "can't be imported (ZeroDivisionError: division by zero)"),
        ("annotated", "has an option that can't be read (NameError: name 'Nowhere' is not defined)"),
        ("raises", "raises can't be made: RuntimeError: no licence (broken_raises.py:10)"),
        ("leaves", "leaves can't be made: SystemExit: 1 (broken_leaves.py:10)"),
        (
            "judges",
            "judges does not fit gan: it can't say what it fits: AttributeError: 'GAN' object has no attribute 'nowhere'",
        ),
        ("stranger", "is no stabilizer: its class has to derive from bench.training.hooks.Stabilizer"),
        ("number", "is not a class"),
        ("silent", "silent can't say what it measures: AttributeError: no names (broken_silent.py:10)"),
        ("unfinished", "lacks what every probe has: measure"),
    ],
)
def test_its_own_word_is_refused_in_one_line(write: Write, word: str, said: str) -> None:
    category = CATEGORY.get(word, "stabilizers")
    old, place = {
        "stabilizers": ("r1(weight=1)", "8: methods.R1: "),
        "metrics": ("energy(n=20)", "9: metrics: "),
        "probes": ("[losses]", "10: probes: "),
    }[category]
    path = write(SUITE.replace(old, f"[{word}]" if category == "probes" else word))
    with pytest.raises(SuiteError) as caught:
        cells(load_suite(path))
    (line,) = str(caught.value).splitlines()
    if not said.startswith(word):
        place += f"entry point bench.{category}: {word} = broken_{word}:It "
    assert line.startswith(f"{path}:{place}{said}"), line


@pytest.mark.usefixtures("broken")
def test_other_words_are_untouched(write: Write) -> None:
    assert len(cells(load_suite(write(SUITE)))) == 2
    claim = "claims:\n  c: {is: GAN, in: nowhere, at_least: 1}\n"  # every word is asked whether it measures that
    with pytest.raises(SuiteError, match="'nowhere' is not measured of GAN"):
        load_suite(write(SUITE + claim))
    said = {entry.word: entry.summary for entry in entries("stabilizers")}
    assert said["exits"].startswith("BROKEN: ")
    assert not said["r1"].startswith("BROKEN")
