"""A part that breaks the contract costs a line that names it, and changes no number of another's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from bench.data.base import Data
from bench.evaluation.evaluator import Evaluator
from bench.metrics.base import Metric
from bench.metrics.sliced_wasserstein import SlicedWasserstein
from bench.plugins.surroundings import Settings
from bench.probes.base import Probe
from bench.probes.losses import Losses
from bench.training.engine import Engine
from bench.training.hooks import Stabilizer
from bench.training.loop import train
from bench.training.state import State
from bench.training.untouched import WroteInPlace
from tests.laws.cases import BATCH, game, points, same


def engine(*parts: Stabilizer) -> Engine:
    return Engine(game("gan"), points(), [0, 1], parts, batch=BATCH)


@dataclass(frozen=True, kw_only=True)
class Says(Probe):
    """A probe that measures what it is told to."""

    every: int = 2
    found: Any = None
    spoils: str = ""

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        if self.spoils == "weights":
            for theta in state.params.values():
                theta.zero_()
        if self.spoils == "data":
            engine.x.zero_()
        return dict(self.found or {})


@dataclass(frozen=True, kw_only=True)
class Declares(Says):
    columns: ClassVar[tuple[str, ...] | None] = ("height_<player>",)


def test_what_a_probe_measures_is_what_its_columns_say() -> None:
    tall = {"height_G": torch.ones(2)}
    assert not train(engine(), steps=4, probes=[Declares(found=tall)]).probe_errors
    history = train(engine(), steps=4, probes=[Declares(found=tall | {"width_G": torch.ones(2)})])
    (error,) = history.probe_errors.values()
    assert "'width_G' is measured and not said: add it to the probe's columns" in error
    assert not history.traced


def test_a_probe_that_writes_into_weights_changes_no_training() -> None:
    bare, looked = (train(engine(), steps=6, probes=probes) for probes in ([], [Says(spoils="weights")]))
    assert same(bare.state, looked.state)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ({"a": torch.ones(2, dtype=torch.complex64)}, "one real number a seed is asked for"),
        ({"a": torch.ones(2, 1)}, "one real number a seed is asked for"),
        ({"loss_D": torch.ones(2)}, "'loss_D' is what losses measures: name it otherwise"),
    ],
    ids=["complex", "shape", "taken"],
)
def test_what_a_probe_may_not_measure(found: dict[str, Tensor], why: str) -> None:
    history = train(engine(), steps=4, probes=[Losses(every=2), Says(found=found)])
    (error,) = history.probe_errors.values()
    assert why in error
    assert {row.name for row in history.traces} == {"loss_G", "loss_D"}


def test_a_probe_that_writes_into_data_is_named() -> None:
    data = points()
    machine = Engine(game("gan"), replace(data, x=data.x.clone()), [0, 1], batch=BATCH)
    with pytest.raises(WroteInPlace, match=r"the probe .*Says writes into the data that it is shown"):
        train(machine, steps=4, probes=[Says(spoils="data")])


@dataclass(frozen=True, kw_only=True)
class Reads(Metric):
    """A metric that does what it is told to with what it is shown."""

    higher_is_better: ClassVar[bool] = True
    does: str = ""

    def names(self) -> tuple[str, ...]:
        return ("reads",)

    def reference(self, data: Data) -> Tensor:
        return data.held_out

    def measure(self, fake: Tensor, real: Any) -> dict[str, Tensor]:
        match self.does:
            case "writes":
                fake.zero_()
            case "retypes":
                torch.set_default_dtype(torch.float64)
            case "threads":
                torch.set_num_threads(torch.get_num_threads() + 1)
            case "moves":
                torch.set_default_device("meta")
            case "exits":
                raise SystemExit(3)
            case "nothing":
                return {}
        return {"reads": fake.mean((1, 2))}


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("retypes", "default type of numbers"),
        ("threads", "number of threads"),
        ("moves", "default device"),
        ("exits", "SystemExit: 3"),
        ("nothing", "yields nothing and promises reads"),
    ],
)
def test_a_metric_costs_its_own_columns(does: str, why: str) -> None:
    before, other, samples = Settings.now(), SlicedWasserstein(n=100), torch.stack([points().x[:100]] * 2)
    alone = Evaluator(points(), [other])(samples, torch.ones(2, dtype=torch.bool))
    errors: dict[str, str] = {}
    beside = Evaluator(points(), [Reads(n=100, does=does), other])(samples, torch.ones(2, dtype=torch.bool), errors)
    assert why in errors["reads"]
    assert beside == alone
    assert Settings.now() == before


def test_a_metric_that_writes_into_samples_is_named() -> None:
    samples = torch.stack([points().x[:100]] * 2)
    with pytest.raises(WroteInPlace, match="writes into the samples that it is shown"):
        Evaluator(points(), [Reads(n=100, does="writes")])(samples, torch.ones(2, dtype=torch.bool), {})


class Batches(Stabilizer):
    def __init__(self, batch: Any) -> None:
        self.size = batch

    def batch(self, batch: int) -> int:
        return self.size  # type: ignore[no-any-return]


class Spoils(Stabilizer):
    def data(self, data: Data) -> Data:
        return replace(data, x=data.x * torch.nan)


class Counts(Stabilizer):
    def nfe(self, evaluations: int) -> int:
        return "many"  # type: ignore[return-value]


def test_stabilizers_that_give_what_is_none() -> None:
    for batch in (0, -1, 2.5, True):
        with pytest.raises(TypeError, match=r"batch\(\) is wrong"):
            engine(Batches(batch))
    with pytest.raises(ValueError, match=r"data\(\) is wrong"):
        engine(Spoils())
    with pytest.raises(
        TypeError, match="nfe is 'many'; the number of network evaluations of a sample is a whole number"
    ):
        _ = engine(Counts()).nfe


def test_samples_of_another_shape_are_no_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = engine()
    monkeypatch.setattr(type(machine.game), "sample", lambda self, params, n, rng: rng.normal(n, 1))
    with pytest.raises(
        ValueError, match=r"its samples are \[5, 1\] of torch.float32, and those of the data \[5, 2\] of reals"
    ):
        machine.sample(machine.init_state(), 5)
