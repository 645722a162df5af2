"""Theorem 2.4 of Arjovsky & Bottou (2017): where supports are disjoint, an optimal critic starves a saturating generator."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bench.data.disjoint import Disjoint
from bench.models.gan import GAN
from bench.probes.gradients import Gradients
from bench.stabilizers.freeze import Freeze
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.training.engine import Engine
from bench.training.state import State

SEEDS = [0, 1, 2, 3, 4]


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
    vanished = Gradients().measure(engine, state)["grad_vanished"]
    assert ((least <= vanished) & (vanished <= most)).all(), vanished


def test_nobody_starves_before_the_critic_has_learned() -> None:
    engine, state = after(0, "saturating")
    assert (Gradients().measure(engine, state)["grad_vanished"] <= 0.05).all()
    assert torch.equal(engine.step(state).params["G"], state.params["G"])
