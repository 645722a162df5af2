"""What looks like a suite and is none: one line each, with its place and its remedy. And what means what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from bench.running.cells import alike, cells
from bench.suite.load import load_suite
from bench.suite.stored_suite import TRAIN_DEFAULTS
from bench.suite.suite import KEYED, Train
from bench.suite.yaml_lines import SuiteError

BASE = """suite: toy
asks: Which?
seeds: 10
train: {steps: 100, batch: 64}
datasets:
  ring8: ring(modes=8)
  grid25: grid(side=5)
methods:
  GAN: gan(loss=hinge)
  R1: gan + r1(weight=1)
metrics: [modes_covered]
"""
ROW = "gan(loss=hinge)"
APART = "experiments:\n  e: {methods: [GAN], on: [ring8]}\n  f: {methods: [R1], on: [grid25]}\n"
WAIVER = "{dataset: ring8, method: GAN, metric: modes_covered, until: 2026-03-01, reason: known}"
WAIVERS = f"gate:\n  against: x\n  within: {{modes_covered: 1}}\n  waivers:\n  - {WAIVER}\n  - {WAIVER}\n"
Write = Callable[[str], Path]


def mistakes(path: Path) -> list[str]:
    with pytest.raises(SuiteError) as caught:
        cells(load_suite(path))
    return [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[modes_covered]", "[frechet(space=nowhere)]", "11: metrics: no feature space is called 'nowhere' (known: data,"),
        (ROW, "oracle(of=edm(sample_steps=[3,4]))",
         "9: methods.GAN: option 'of' of oracle: a list stands for several values only in a row's own call"),
        (ROW, f"gan(lr={'9' * 400})", "9: methods.GAN: option 'lr' of gan: expected a number, not 9999"),
        (ROW, f"gan(lr={'-' * 20_000}1)", "9: methods.GAN: can't read 'gan(lr=---"),
        (ROW, "gan" + " + r1" * 20_000, "9: methods.GAN: can't read 'gan + r1 + r1"),
        (ROW, "gan(arch=nowhere)", "9: methods.GAN: no architecture is called 'nowhere' (known: dcgan, mlp, resnet, unet)"),
        (ROW, "gan(arch=rsnet)", "9: methods.GAN: no architecture is called 'rsnet'; did you mean 'resnet'?"),
        (ROW, "|\n    gan(loss=hinge)\n    + r1(\n    weight=1) + +\n", "9: methods.GAN: can't read 'gan(loss=hinge) + r1( weight"),
        (ROW, "gan(loss=hinge)# + r1(weight=1)", "9: methods.GAN: can't read 'gan(loss=hinge)# + r1(weight=1)': '#' is no part"),
        (ROW, "gan + r1(weight=[1, 1.0])", "9: methods.GAN: option 'weight' of r1: 1 and 1.0 are one value"),
        ("[modes_covered]", "[modes_covered\x07]", "11: this is not YAML: a character (U+0007)"),
        ("methods:\n", "methods:\n  <<: {}\n", "9: methods: '<<' merges nothing here"),
        ("suite: toy", 'suite: ""', "1: suite: '' can't name a folder"),
        ("[modes_covered]", "[]", "11: nothing would be measured"),
        ("[modes_covered]", "[]\nprobes: []", "11: nothing would be measured"),
        ("GAN:", '"":', "9: methods: '': a label begins and ends with"),
        ("GAN:", '"*":', "9: methods: '*': a label has no '*'"),
        ("GAN:", '"a\\nb":', "9: methods: 'a b': a label has no line breaks"),
        ("GAN:", '"a\\x07b":', "9: methods: 'a\x07b': a label has no line breaks"),
        ("GAN:", "GAN [steps=40]:", "9: methods: 'GAN [steps=40]': ' [' begins the settings"),
        ("ring8:", "ring8 [n=4]:", "6: datasets: 'ring8 [n=4]': ' [' begins the settings"),
        ("GAN:", f"{'G' * 101}:", f"9: methods: '{'G' * 60}…': a label has at most 100 characters, not 101"),
    ],
    ids=lambda part: part[:30],
)  # fmt: skip
def test_one_mistake_is_one_line(write: Write, old: str, new: str, said: str) -> None:
    assert BASE.count(old) == 1
    (line,) = mistakes(write(BASE.replace(old, new)))
    assert line.startswith(said), line
    assert len(line) < 600


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("quality: mmd_multiscale(space=nowhere)\n", "12: quality: no feature space is called 'nowhere'"),
        (f"timeout: {'9' * 400}\n", "12: timeout: expected a number, not 9999"),
        ("claims: " + "[" * 3000, "12: this is not YAML: more than 50 lists and mappings stand inside one another"),
        ("claims:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
         + "".join(f"  a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]\n" for k in range(1, 10)),
         "13: unfolds into more than 20000 entries by its aliases"),
        ("experiments: {e: {asks: \"clear\\e[2J\"}}\n", "12: experiments.e.asks: holds '\\x1b', which can't be shown"),
        ("gate: {against: '', within: {modes_covered: 1}}\n", "12: gate.against: names no baseline"),
        (APART + "skip: [{dataset: ring8, method: R1, reason: x}]\n", "15: skip: no cell is 'ring8 / R1': remove the entry"),
        ("skip: [{dataset: '*', method: '*', reason: x}]\n", "12: skip: leaves out every cell"),
        ("experiments:\n  e: {}\n  f: {train: {lanes: 4}}\n", "14: experiments.f.train.lanes: changes no number"),
        ("claims:\n  a: {is: 1, better_than: R1, in: modes_covered}\n", "13: claims.a.is: expected a name, not 1; a label"),
        (WAIVERS[::-1].replace("nwonk", "", 1)[::-1], "17: gate: waivers[2]: 'reason' is missing"),
    ],
    ids=lambda part: part[:30],
)  # fmt: skip
def test_one_mistake_of_what_follows_is_one_line(write: Write, more: str, said: str) -> None:
    (line,) = mistakes(write(BASE + more))
    assert line.startswith(said), line


def test_every_number_of_a_block_is_told(write: Write) -> None:
    found = mistakes(write(BASE.replace("steps: 100, batch: 64", "steps: 0, batch: -3")))
    assert found == ["4: train: steps has to be at least 1", "4: train: batch has to be at least 1"]


def test_a_call_over_several_lines_is_one(write: Write) -> None:
    row = "gan(loss=hinge, betas=\n      [(0.1, 0.9), (0.5, 0.9)]\n      )"
    suite = load_suite(write(BASE.replace(ROW, row)))
    assert [m.game.betas for m in suite.methods if m.row == "GAN"] == [(0.1, 0.9), (0.5, 0.9)]


def test_an_override_that_says_what_holds_anyway_is_no_variant(write: Write) -> None:
    same = "{batch: 64, evaluate_every: 0, precision: float32, mapping: auto, compile: 'off'}"
    suite = load_suite(write(f"{BASE}experiments:\n  e: {{}}\n  f: {{train: {same}}}\n"))
    assert [(p.method.label, p.experiments) for p in suite.planned()] == 2 * [("GAN", ("e", "f")), ("R1", ("e", "f"))]
    assert {k: v for k, v in asdict(Train(steps=1)).items() if k in KEYED and k != "steps"} == TRAIN_DEFAULTS


def test_cells_that_train_the_same_thing_are_told_in_one_line(write: Write) -> None:
    same = cells(load_suite(write(BASE.replace("R1: gan + r1(weight=1)", "other: gan(loss=hinge)"))))
    assert alike(same) == [
        "the same settings under several labels: ring8 / GAN = ring8 / other, grid25 / GAN = grid25 / other"
    ]
    assert alike(cells(load_suite(write(BASE)))) == []
