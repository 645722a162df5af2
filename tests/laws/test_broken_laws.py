"""Each law finds what breaks it, and `bench laws` says so in a line; what keeps them all is told to."""

from __future__ import annotations

import subprocess
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.laws.trial import trials
from bench.plugins import own_code
from bench.plugins.own_code import OwnCode
from tests.suite.own_files import METRIC

Bench = Callable[..., subprocess.CompletedProcess[str]]
HEAD = """
from dataclasses import dataclass
import torch
from bench.architectures.mlp import MLP
from bench.data.base import Data, DataSource
from bench.features.base import Features
from bench.metrics.base import Metric
from bench.plugins.ranges import Positive
from bench.probes.base import Probe
from bench.training.hooks import Stabilizer
from bench.training.loss_inputs import AdversarialInputs
"""
SOUND = (
    HEAD
    + '''
@dataclass(frozen=True)
class Part(Stabilizer):
    """Adds a penalty to the critic's loss. Source: nobody 2026."""
    weight: Positive = 0.1
    inputs_type = AdversarialInputs

    def loss(self, loss, inputs, at):
        return loss + self.weight * inputs.r.square().mean()
'''
)
SEEDS, VMAP, RESUME, REPEATS = (
    "a seed knows nothing of its neighbours", "loop equals vmap", "resume is exact", "a step repeats to the bit",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _put_away() -> Iterator[None]:
    yield
    own_code.use(None)


def broken(tmp_path: Path, text: str) -> dict[str, str]:
    """The laws that the only plugin of a file breaks, and why."""
    file = tmp_path / "mine.py"
    file.write_text(textwrap.dedent(text))
    own_code.use(OwnCode(tmp_path, (file,)))
    ((category, word, _),) = own_code.plugins()
    return {v.law: v.why for v in trials(category, word) if v.status == "BROKEN"}


def stabilizer(loss: str, before: str = "") -> str:
    body = SOUND.replace("return loss + self.weight * inputs.r.square().mean()", loss)
    return body.replace("@dataclass", f"{before}\n@dataclass")


def test_what_is_sound_breaks_none(tmp_path: Path) -> None:
    assert broken(tmp_path, SOUND) == {}
    assert broken(tmp_path, METRIC.replace("n: int", "n: Samples").replace("from bench.metrics.base",
                  "from bench.plugins.ranges import Samples\n    from bench.metrics.base")) == {}  # fmt: skip


def test_what_is_kept_between_calls_is_found(tmp_path: Path) -> None:
    found = broken(tmp_path, stabilizer("calls.append(1); return loss * len(calls)", "calls = []"))
    assert {SEEDS, RESUME, REPEATS} <= set(found)
    assert found[REPEATS].startswith("two steps from one state differ")


def test_an_if_on_a_tensor_is_found(tmp_path: Path) -> None:
    found = broken(tmp_path, stabilizer("return 2 * loss if loss > 0 else loss"))
    assert VMAP in found
    assert "mine.py" in found[VMAP]


def test_what_is_another_for_vmap_is_found(tmp_path: Path) -> None:
    text = "return loss * (1 + torch._C._functorch.is_batchedtensor(loss))"
    found = broken(tmp_path, stabilizer(text))
    assert found[VMAP].startswith("weights of loop and vmap differ by")


def test_noise_of_another_source_is_found(tmp_path: Path) -> None:
    found = broken(tmp_path, stabilizer("return loss * torch.rand(())"))
    assert "random operation" in found[REPEATS]
    found = broken(tmp_path, stabilizer("return loss * random()", "from random import random\n"))
    assert found[REPEATS].startswith("two steps from one state differ: noise comes from at.rng alone")


def test_a_part_that_does_nothing_is_found(tmp_path: Path) -> None:
    found = broken(tmp_path, stabilizer("return loss"))
    assert found == {"it changes something": "nothing differs from the bare model in 700 steps"}


def test_an_option_without_a_range_is_found(tmp_path: Path) -> None:
    found = broken(tmp_path, SOUND.replace("weight: Positive", "weight: float"))
    assert found["options hold their ranges"].startswith("option 'weight' declares no range: annotate it")


def test_an_edge_that_does_not_work_is_found(tmp_path: Path) -> None:
    text = SOUND.replace("weight: Positive", "weight: NonNegative").replace("Positive", "NonNegative").replace(
        "self.weight *", "loss / self.weight *"
    )  # fmt: skip
    assert broken(tmp_path, text)["options work at their edges"] == "weight=0: a seed dies within two steps"


def test_a_class_that_does_not_say_what_it_is_is_found(tmp_path: Path) -> None:
    found = broken(tmp_path, SOUND.replace('"""Adds a penalty to the critic\'s loss. Source: nobody 2026."""', ""))
    assert found == {"it says what it is": "class Part has no docstring whose first line says what it is"}


def test_a_metric_that_mixes_seeds_is_found(tmp_path: Path) -> None:
    text = METRIC.replace("n: int", "n: Samples").replace(
        "from bench.metrics.base", "from bench.plugins.ranges import Samples\n    from bench.metrics.base"
    )
    found = broken(tmp_path, text.replace("fake.double()", "(fake - fake.mean()).double()"))
    assert set(found) == {SEEDS}
    assert found[SEEDS].startswith("mean_gap of a seed is ")
    found = broken(tmp_path, text.replace("fake.double()", "fake.add_(1).double()"))
    assert found["a measurement repeats to the bit"].endswith("clone them first") or "differ" in found[
        "a measurement repeats to the bit"
    ]  # fmt: skip


def test_a_probe_that_alters_training_is_found(tmp_path: Path) -> None:
    probe = '''
@dataclass(frozen=True, kw_only=True)
class Pushes(Probe):
    """Writes into the data that training reads."""
    columns = ("pushed",)

    def measure(self, engine, state):
        engine.x.add_(0.1)
        return {"pushed": torch.zeros(len(engine.seeds))}
'''
    found = broken(tmp_path, HEAD + probe)
    assert "writes into the data that it is shown: clone them first" in found["looking is inert"]
    past = probe.replace("engine.x.add_(0.1)", "engine.x.numpy()[:] += 0.1")
    found = broken(tmp_path, HEAD + past)
    assert found["looking is inert"] == "training differs when probes look at it"


def test_data_that_are_drawn_anew_are_found(tmp_path: Path) -> None:
    data = '''
@dataclass(frozen=True, kw_only=True)
class Drawn(DataSource):
    """Points that are others at every call."""

    def load(self):
        return Data(torch.rand(40, 2), torch.rand(20, 2))
'''
    assert broken(tmp_path, HEAD + data) == {"data repeat to the bit": "x differs between two calls of load()"}


def test_features_that_depend_on_the_batch_are_found(tmp_path: Path) -> None:
    features = '''
@dataclass(frozen=True, kw_only=True)
class Centred(Features):
    """Coordinates, less the mean of whatever is beside them."""
    name = "centred"

    def __call__(self, x):
        return x.flatten(1) - x.flatten(1).mean(0)

    def sha256(self):
        return ""
'''
    (why,) = broken(tmp_path, HEAD + features).values()
    assert why.startswith("features of a sample differ by ")


def test_the_command_prints_a_line_a_law_and_exits_with_1_where_one_is_broken(tmp_path: Path, bench: Bench) -> None:
    (tmp_path / "mine.py").write_text(SOUND)
    sound = bench("laws", "mine.py")
    assert (sound.returncode, sound.stderr) == (0, "")
    assert len(sound.stdout.splitlines()) == 10
    assert all(line.startswith("part: ") and line.endswith(": holds") for line in sound.stdout.splitlines())
    (tmp_path / "mine.py").write_text(SOUND.replace("weight: Positive", "weight: float"))
    found = bench("laws", "mine.py")
    assert found.returncode == 1
    assert "part: options hold their ranges: BROKEN: option 'weight' declares no range" in found.stdout
    assert found.stderr.strip() == "2 of 10 are broken"


def test_the_command_takes_modules_and_refuses_what_is_none(bench: Bench) -> None:
    found = bench("laws", "bench.metrics.density")
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.startswith("density: it says what it is: holds")
    for word, said in (
        ("nowhere.py", "there is no such file"),
        ("no_such_module", "can't be imported"),
        ("json", "defines no plugin"),
    ):
        refused = bench("laws", word)
        assert refused.returncode == 2
        assert said in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
