"""A step of particle regression is a step up the critic."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from bench.data.gaussian import Gaussian
from bench.models.gan import GAN
from bench.models.monoflow import RISING, MonoFlow
from bench.stabilizers.particle_regression import ParticleRegression
from bench.training.engine import Engine

SMALL = {"width": 8, "depth": 2, "latent": 3}


def engine(game: GAN, *parts: ParticleRegression) -> Engine:
    return Engine(game, Gaussian(n=256).load(), [0, 1], parts, batch=32, dtype=torch.float64, mapping="vmap")


@pytest.mark.parametrize("rising", RISING)
@pytest.mark.parametrize("size", [0.1, 2.0])
def test_one_step_of_regression(rising: str, size: float) -> None:
    """d/dθ ‖g_θ(z) - [g + ε∇h(D(g))]‖² at θ₀ is -2ε d/dθ E h(D(g_θ(z))): monoflow's gradient times 2ε."""
    plain = engine(MonoFlow(rising=rising, **SMALL))  # type: ignore[arg-type]
    regressed = engine(MonoFlow(rising=rising, **SMALL), ParticleRegression(size=size))  # type: ignore[arg-type]
    a, b = (
        machine.game_gradient(s := machine.init_state(), machine.draw_batch(s), ("G",)).grads["G"]
        for machine in (plain, regressed)
    )
    torch.testing.assert_close(b, 2 * size * a, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rising", RISING)
def test_rising_functions_rise(rising: str) -> None:
    f = torch.linspace(-12, 12, 101, dtype=torch.float64)
    assert bool((RISING[rising](f).diff() > 0).all())


@pytest.mark.parametrize(
    ("rising", "loss"), [("log_sigmoid", "non_saturating"), ("saturating", "saturating"), ("logit", "wasserstein")]
)
def test_known_losses_are_monoflows(rising: str, loss: str) -> None:
    """The generator's gradient is that of the loss which is known by another name."""
    flow, gan = engine(MonoFlow(rising=rising, **SMALL)), engine(GAN(loss=loss, **SMALL))  # type: ignore[arg-type]
    a, b = (
        machine.game_gradient(s := machine.init_state(), machine.draw_batch(s), ("G",)).grads["G"]
        for machine in (flow, gan)
    )
    torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)


def test_later_steps_aim_at_where_the_samples_went() -> None:
    """A generator that has been moved is pulled back by the squared distance from its old samples when ∇h(D) = 0."""
    machine = engine(MonoFlow(**SMALL), ParticleRegression())  # type: ignore[arg-type]
    state = machine.init_state()
    flat = {**state.params, "D": torch.zeros_like(state.params["D"])}
    moved = {**flat, "G": state.params["G"] + 0.1}
    batch = machine.draw_batch(state)
    assert machine.game_gradient(replace(state, params=flat), batch, ("G",)).losses["G"].tolist() == [0, 0]
    assert bool((machine.game_gradient(replace(state, params=moved), batch, ("G",)).losses["G"] > 1e-3).all())
