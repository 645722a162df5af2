"""Optimal denoisers, their losses and samplers: closed forms against Bayes' rule by numbers, and the engine against them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor

from bench.data.base import GaussianMixture
from bench.diffusion.paths import Level
from bench.diffusion.samplers import SAMPLERS, staircase
from bench.diffusion.targets import TARGETS, velocity
from bench.models.ddpm import DDPM
from bench.models.edm import EDM
from bench.models.flow import Flow
from bench.theory import gaussian as theory
from bench.training.rng import Rng

MEAN = torch.tensor([0.5, -0.3]).double()
COVARIANCE = torch.tensor([[1.0, 0.3], [0.3, 0.5]]).double()


def mixture() -> GaussianMixture:
    return GaussianMixture(torch.tensor([[-1.0], [2.0]]), torch.tensor([[[0.3]], [[0.1]]]), torch.tensor([0.7, 0.3]))


@pytest.mark.parametrize(("alpha", "sigma"), [(1.0, 0.4), (0.6, 0.8), (0.3, 2.0)])
def test_posterior_mean_by_quadrature(alpha: float, sigma: float) -> None:
    """E[x0|x_t] of a mixture, by summing Bayes' rule over a grid."""
    law = mixture()
    grid = torch.linspace(-8, 10, 20_001, dtype=torch.float64)[:, None]
    x_t = torch.tensor([[-1.5], [0.1], [1.0], [2.5]]).double()
    log_posterior = law.log_density(grid) - 0.5 * ((x_t - alpha * grid.T) / sigma).square()  # [4, grid]
    expected = log_posterior.softmax(1) @ grid
    torch.testing.assert_close(theory.denoiser_of(law, x_t, alpha, sigma), expected, rtol=1e-6, atol=1e-8)


def test_a_gaussian_is_a_mixture_of_one() -> None:
    law = GaussianMixture(MEAN[None], COVARIANCE[None], torch.ones(1))
    x_t = torch.tensor([[0.2, 1.0], [-2.0, 0.3]]).double()
    torch.testing.assert_close(theory.denoiser(x_t, MEAN, COVARIANCE, 0.6, 0.8), theory.denoiser_of(law, x_t, 0.6, 0.8))
    log_p = torch.distributions.MultivariateNormal(0.6 * MEAN, 0.36 * COVARIANCE + 0.64 * torch.eye(2).double())
    x = x_t.clone().requires_grad_()
    (expected,) = torch.autograd.grad(log_p.log_prob(x).sum(), x)
    torch.testing.assert_close(theory.score(x_t, MEAN, COVARIANCE, 0.6, 0.8), expected)


@pytest.mark.parametrize("aim", [*TARGETS.values(), velocity], ids=[*TARGETS, "velocity"])
@pytest.mark.parametrize(("alpha", "sigma"), [(0.95, 0.2), (0.5, 0.7)])
def test_no_regression_beats_the_floor(aim: object, alpha: float, sigma: float) -> None:
    """The residual of the best linear fit of the target to x_t is the floor (for Gaussian data the best fit is linear)."""
    n = 200_000
    noise = torch.randn(2, n, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x0 = MEAN + noise[0] @ torch.linalg.cholesky(COVARIANCE).T
    a, b = aim(alpha, sigma)  # type: ignore[operator]
    target = a * x0 + b * noise[1]
    inputs = torch.cat([alpha * x0 + sigma * noise[1], torch.ones(n, 1).double()], 1)
    residual = target - inputs @ torch.linalg.lstsq(inputs, target).solution
    floor = theory.target_floor(np.linalg.eigvalsh(COVARIANCE.numpy()).tolist(), alpha, sigma, a, b)
    assert float(residual.square().mean()) == pytest.approx(floor, rel=5 * (2 / n) ** 0.5)


@pytest.mark.parametrize("game", [DDPM(), EDM(sigma_data=0.6), Flow()], ids=["ddpm", "edm", "flow"])
@pytest.mark.parametrize(
    ("word", "closed"),
    [
        ("euler", theory.first_order_std),
        ("heun", theory.heun_std),
        ("heun_to_the_end", partial(theory.heun_std, to_the_end=True)),
    ],
)
def test_sampler_error(game: DDPM | EDM | Flow, word: str, closed: object) -> None:
    """A sampler with the perfect denoiser of N(0, .36) ends on the standard deviation of the closed form, not on .6."""
    variance, nowhere = 0.36, Rng.__new__(Rng)  # deterministic samplers draw nothing

    def look(x: Tensor, level: Level) -> tuple[Tensor, Tensor]:
        total = level.alpha**2 * variance + level.sigma**2
        return level.alpha * variance / total * x, level.sigma / total * x

    steps = game.steps()
    levels = [(step.start.alpha, step.start.sigma) for step in steps] + [(steps[-1].end.alpha, steps[-1].end.sigma)]
    start = torch.full((1, 1), game.prior, dtype=torch.float64)
    end = SAMPLERS[word].walk(look, start, staircase([s.start for s in steps] + [steps[-1].end]), nowhere)
    expected = closed(levels, game.prior, variance)  # type: ignore[operator]
    assert float(end) == pytest.approx(expected, rel=1e-9)
    assert expected == pytest.approx(0.6, rel=0.2)
    assert expected != pytest.approx(0.6, rel=1e-6)
