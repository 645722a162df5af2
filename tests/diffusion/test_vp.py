"""The variance-preserving schedule in continuous time."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
import pytest
import torch

from bench.data.gaussian import Gaussian
from bench.diffusion.draws import DRAWS
from bench.diffusion.schedules import table, vp
from bench.models.ddpm import DDPM
from bench.models.oracle import Oracle
from bench.training.engine import Engine
from tests.diffusion.test_samplers import order
from tests.stabilizers.contexts import rng

VP = DDPM(schedule="vp", sampler="ddim")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_variance_is_preserved_and_signal_only_falls(dtype: torch.dtype) -> None:
    t = torch.linspace(0, 1, 1001, dtype=dtype)
    alpha, sigma = vp(0.1, 20.0, t)
    assert alpha.dtype == sigma.dtype == dtype
    torch.testing.assert_close(alpha.square() + sigma.square(), torch.ones_like(t), rtol=0, atol=3e-7)
    assert (alpha.diff() < 0).all()
    assert (sigma.diff() >= 0).all()
    assert float(sigma[0]) == 0


def test_signal_is_the_integral_of_beta() -> None:
    """d log ᾱ/dt = -β(t) = -(β_min + t (β_max - β_min)), with β from .3 to 7."""
    t = torch.linspace(0.01, 1, 50, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(2 * vp(0.3, 7.0, t)[0].log().sum(), t)
    torch.testing.assert_close(slope, -(0.3 + t.detach() * 6.7))


def test_noise_near_the_data_keeps_its_digits_in_single_precision() -> None:
    """σ² = β_min t + …: 1 - ᾱ computed as a difference would be rounding there."""
    t = torch.tensor([1e-5, 1e-4, 1e-3])
    expected = vp(0.1, 20.0, t.double())[1].float()
    torch.testing.assert_close(vp(0.1, 20.0, t)[1], expected, rtol=1e-6, atol=0)


def test_the_linear_schedule_comes_to_it_as_its_steps_grow() -> None:
    def gap(steps: int) -> float:
        there = torch.arange(steps + 1, dtype=torch.float64) / steps
        return float(np.abs(np.stack(vp(0.1, 20.0, there)) - table("linear", steps, False)).max())  # type: ignore[arg-type]

    assert gap(1000) / gap(4000) == pytest.approx(4, rel=0.15)  # an error of order 1/T
    assert gap(16_000) < 1e-3


def test_training_draws_times_between_the_least_and_one() -> None:
    for word in ("uniform", "stratified", "low_discrepancy"):
        t = DDPM(schedule="vp", t_min=0.01, draw=word).times(20_000, rng())  # type: ignore[arg-type]
        assert 0.01 < float(t.min()) < 0.011
        assert 0.999 < float(t.max()) <= 1
        assert float(t.mean()) == pytest.approx(0.505, abs=0.01)
    u = DRAWS["uniform"](100, rng())
    torch.testing.assert_close(DDPM(schedule="vp", t_min=0.01).times(100, rng()), 1 - 0.99 * u)


def test_sampling_walks_an_even_grid_of_times() -> None:
    steps = DDPM(schedule="vp", sample_steps=5).steps()
    assert [step.start.t for step in steps] == pytest.approx([1, 0.8, 0.6, 0.4, 0.2])
    assert (steps[-1].end.alpha, steps[-1].end.sigma) == (1, 0)
    assert steps[0].start.alpha == pytest.approx(exp(-0.25 * 19.9 - 0.05))
    for step in steps:
        alpha, sigma = vp(0.1, 20.0, torch.tensor([step.start.t], dtype=torch.float64))
        assert (step.start.alpha, step.start.sigma) == pytest.approx((float(alpha), float(sigma)))


@pytest.mark.parametrize(("sampler", "expected"), [("ddim", 1), ("heun", 2), ("dpmpp_2m", 2)])
def test_order_of_convergence(sampler: str, expected: int) -> None:
    """Over the first three quarters: σ falls like √t at the clean end, as on the schedules of steps."""
    game = DDPM(schedule="vp", sampler=sampler)  # type: ignore[arg-type]
    assert order(game, 128, 512, 0.75) == pytest.approx(expected, abs=0.25)


@pytest.mark.parametrize("target", ["eps", "x0", "v"])
def test_an_oracles_samples_have_the_datas_variance(target: str) -> None:
    data = Gaussian(mean=(0.0, 0.0), covariance=((0.25, 0.0), (0.0, 2.0)), n=100).load()
    game = DDPM(schedule="vp", target=target, sampler="ancestral", sample_steps=400, clip=False)  # type: ignore[arg-type]
    engine = Engine(Oracle(of=game, noise=0.0), data, [0], dtype=torch.float64)
    found = engine.sample(engine.init_state(), 20_000)[0].var(0)
    assert found.tolist() == pytest.approx([0.25, 2.0], rel=5 * sqrt(2 / 20_000) + 0.02)
