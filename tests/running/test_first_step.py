"""`bench check` makes one step with other people's code, and says of each broken word what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.plugins import own_code
from bench.running import first_step
from bench.running.cells import cells
from bench.running.first_step import try_own
from bench.suite.load import load_suite
from bench.suite.yaml_lines import SuiteError
from tests.suite.own_files import METRIC, STABILIZER, SUITE, own
from tests.unruly import ROOT

LOSS = 'return loss + STRENGTH * self.weight * drift if at.player == "D" else loss'
SHAPE = "fails at its first step: ValueError: the loss of D is [2]: it has to be one number a seed"
MISSING = "lacks something that a step needs: AttributeError: 'InputDecay' object has no attribute 'weigth'"
PROBE = """
    from dataclasses import dataclass
    from bench.probes.base import Probe

    @dataclass(frozen=True, kw_only=True)
    class Speed(Probe):
        '''How fast.'''
        columns = ("speed",)

        def measure(self, engine, state):
            return {"speed": state.params["D"].norm(dim=1)}
"""


@pytest.fixture(autouse=True)
def _put_away() -> Iterator[None]:
    yield
    own_code.use(None)


def lines(path: Path) -> list[str]:
    suite = load_suite(path)
    try:
        try_own(suite, cells(suite))
    except SuiteError as error:
        return str(error).splitlines()
    return []


def test_what_works_is_not_told(tmp_path: Path) -> None:
    assert lines(own(tmp_path, SUITE + "probes: [speed]", bench_plugins__speed=PROBE)) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("los", "alters nothing: los(); did you mean 'loss'?"),
        ("zzz", "alters nothing: define one of its hooks, data, nets"),
    ],
)
def test_a_stabilizer_without_a_hook_is_one_line(tmp_path: Path, name: str, said: str) -> None:
    path = own(
        tmp_path,
        SUITE.replace("+ my_stabilizers:InputDecay(weight=1)", ""),
        my_stabilizers=STABILIZER.replace("def loss(self", f"def {name}(self"),
    )
    (told,) = lines(path)
    assert said in told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("return loss * 2 if drift > 1 else loss",
         "asks a tensor for its value (my_stabilizers.py:16), which is another for every seed: choose by torch.where"),
        ("return loss + float(drift)", "asks a tensor for its value (my_stabilizers.py:16), which is another for every seed: "
         "choose by torch.where"),
        ("return loss + inputs.r.square()", SHAPE),
        ("return loss + drift.new_ones(2)", SHAPE),
        ("return loss / (drift - drift)", "makes a loss that is not finite at its first step ("),
        ("return loss + drift.__class__.rand_like(drift)", "lacks something that a step needs: AttributeError"),
        ("import torch; return loss + torch.rand_like(loss)",
         "draws noise of its own (my_stabilizers.py:16): take it from at.rng, or from the rng that it is given"),
        ("return loss + self.weigth", MISSING),
        ("return loss + 1 / 0", "fails at its first step: ZeroDivisionError: division by zero (my_stabilizers.py:16)"),
    ],
)  # fmt: skip
def test_a_broken_stabilizer_is_one_line(tmp_path: Path, line: str, said: str) -> None:
    path = own(
        tmp_path,
        SUITE.replace("+ my_stabilizers:InputDecay(weight=1)", ""),
        my_stabilizers=STABILIZER.replace(LOSS, line.replace("; ", "\n            ")),
    )
    (told,) = lines(path)
    assert told.startswith(
        f"{path}:8: methods.GAN: input_decay {said.replace('.py:16', '.py:17') if ';' in line else said}"
    )


def test_of_two_the_broken_one_is_named(tmp_path: Path) -> None:
    text = STABILIZER.replace(LOSS, "return loss + inputs.r.square()").replace("InputDecay", "Vectors")
    suite = SUITE.replace("input_decay(weight=0.1)", "input_decay(weight=0.1) + vectors").replace(
        "weight=1)", "weight=2)"
    )
    (told,) = lines(own(tmp_path, suite, bench_plugins__vectors=text))
    assert "methods.GAN: vectors fails at its first step: ValueError: the loss of D is [2]" in told


RETURN = 'return {"mean_gap": (fake.double().flatten(2).mean(1) - real).norm(dim=1)}'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('return {"mean_gap": fake.double().mean()}', "gives float64 [] for mean_gap of 3 seeds: return one real number a seed"),
        ('return {"mean_gap": 1.0}', "gives a float for mean_gap: return a tensor, one number a seed"),
        ('return {"gap": fake.double().mean((1, 2))}',
         "measures gap, and its names() are mean_gap: return a number a seed under each"),
        ('return {"mean_gap": (fake - fake).double().sum((1, 2)) / 0}',
         "gives nan for mean_gap of real samples: look for a division by 0, a log or a root"),
        ("return fake.nowhere", "can't be measured on real samples: AttributeError: 'Tensor' object has no attribute 'nowhere'"),
    ],
)  # fmt: skip
def test_a_broken_metric_is_one_line(tmp_path: Path, line: str, said: str) -> None:
    path = own(tmp_path, bench_plugins__gaps=METRIC.replace(RETURN, line))
    (told,) = lines(path)
    assert told.startswith(f"{path}:10: metrics: mean_gap {said}")


def test_a_broken_probe_is_one_line(tmp_path: Path) -> None:
    path = own(tmp_path, SUITE + "probes: [speed]", bench_plugins__speed=PROBE.replace(".norm(dim=1)", ""))
    (told,) = lines(path)
    assert told.startswith(f"{path}:11: probes: speed gives float32 [1, ")
    path = own(tmp_path, SUITE + "probes: [speed]", bench_plugins__speed=PROBE.replace('{"speed"', '{"pace"'))
    (told,) = lines(path)
    assert told == f"{path}:11: probes: speed measures pace, and its columns are speed: name what it measures"


def test_shipped_words_make_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_step, "Engine", None)  # which would be called
    suite = load_suite(ROOT / "suites" / "ci.yaml")
    try_own(suite, cells(suite))
