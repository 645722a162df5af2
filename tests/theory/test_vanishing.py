"""Theorem 2.4 of Arjovsky & Bottou (2017): where supports are disjoint, an optimal critic starves a saturating generator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
import torch

from bench.data.disjoint import Disjoint
from bench.models.dirac import Dirac
from bench.models.gan import GAN
from bench.probes.gradients import Gradients
from bench.stabilizers.freeze import Freeze
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.training.engine import Engine
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.state import State
from tests.theory.play import machine, put

SEEDS = [0, 1, 2, 3, 4]


@cache
def after(steps: int, loss: str, *parts: Any) -> tuple[Engine, State]:
    data = Disjoint(modes=2, distance=2.0, width=0.5, n=10_000, held_out=100).load()
    engine = Engine(GAN(loss=loss, width=64, depth=2), data, SEEDS, (*parts, Freeze(player="G")), batch=128)
    state = engine.init_state()
    for _ in range(steps):
        state = engine.step(state)
    return engine, state


@pytest.mark.parametrize(
    ("loss", "parts", "least", "most"),
    [
        ("saturating", (), 0.9, 1.0),
        ("non_saturating", (), 0.0, 0.05),
        ("wasserstein", (GradientPenalty(weight=1.0),), 0.0, 0.05),
    ],
)
def test_who_starves_under_a_critic_near_its_optimum(loss: str, parts: Any, least: float, most: float) -> None:
    engine, state = after(500, loss, *parts)
    for threshold in (1e-2, 1e-3, 1e-4):  # fed and starved generators lie three decades apart, and 1e-3 between them
        vanished = Gradients(vanishing=threshold).measure(engine, state)["grad_vanished"]
        assert ((least <= vanished) & (vanished <= most)).all(), (threshold, vanished)


def test_nobody_starves_before_the_critic_has_learned() -> None:
    engine, state = after(0, "saturating")
    assert (Gradients().measure(engine, state)["grad_vanished"] <= 0.05).all()
    assert torch.equal(engine.step(state).params["G"], state.params["G"])


@dataclass(frozen=True)
class Times(Stabilizer):
    """Every loss in another unit."""

    unit: float

    def loss(self, loss: torch.Tensor, inputs: AdversarialInputs, at: StepContext) -> torch.Tensor:
        return self.unit * loss


@pytest.mark.parametrize("unit", [1000.0, 1 / 1000])
def test_the_unit_of_a_loss_does_not_matter(unit: float) -> None:
    """The same weights are judged alike. Before training no gradient is above .1: a thousandth of it was once called vanished."""
    for steps, starved in ((0, False), (500, True)):
        engine, state = after(steps, "saturating")
        scaled = Engine(engine.game, engine.data, SEEDS, (Freeze(player="G"), Times(unit)), batch=128)
        mine = replace(state, memory=scaled.init_state().memory)
        plain, found = (Gradients().measure(*one)["grad_vanished"] for one in ((engine, state), (scaled, mine)))
        torch.testing.assert_close(plain, found, rtol=0, atol=0.03)  # a sample at the threshold itself may change sides
        assert ((found > 0.9) if starved else (found == 0)).all(), found


@pytest.mark.parametrize("unit", [1000.0, 1 / 1000])
def test_the_unit_of_the_data_does_not_matter(unit: float) -> None:
    """Here nobody normalises: θ in another unit feels a slope ψ in its inverse, and a generator that began so is judged alike."""
    verdicts = []
    for scale in (1.0, unit):
        engine = machine(Units(loss="saturating", unit=scale), seeds=1)
        here = [put(engine.init_state(), G=[[f * scale]], D=[[1 / scale]]) for f in (-12.0, -4.0)]
        verdicts.append([float(Gradients().measure(engine, state)["grad_vanished"]) for state in here])
    assert verdicts[0] == verdicts[1] == [1.0, 0.0]


@dataclass(frozen=True, kw_only=True)
class Units(Dirac):
    """A Dirac-GAN whose first weights are told in another unit of length."""

    unit: float = 1.0

    def init(self, player: str, seed: int) -> torch.Tensor:
        return super().init(player, seed) * (self.unit if player == "G" else 1 / self.unit)


def test_a_generator_without_a_first_gradient_has_no_scale() -> None:
    engine = machine(Dirac(spread=0.0), seeds=2)
    state = put(engine.init_state(), G=[[1.0]] * 2, D=[[1.0]] * 2)
    assert bool(Gradients().measure(engine, state)["grad_vanished"].isnan().all())


def test_what_it_is_measured_against_survives_an_interruption() -> None:
    """Another process, which knows the seeds and the state alone, reads the same bits."""
    engine, state = after(10, "saturating")
    again = Engine(engine.game, engine.data, SEEDS, (Freeze(player="G"),), batch=128)
    found, resumed = (Gradients(vanishing=0.9).measure(one, state)["grad_vanished"] for one in (engine, again))
    assert torch.equal(found, resumed)
    assert ((found > 0) & (found < 1)).any()  # a number that another scale would change
