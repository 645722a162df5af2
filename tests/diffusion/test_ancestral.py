"""The two variances of the ancestral sampler, on all steps and on some, against what they make of Gaussian data."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest
import torch

from bench.data.gaussian import Gaussian
from bench.models.ddpm import DDPM
from bench.models.oracle import Oracle
from bench.training.engine import Engine
from tests.diffusion.test_samplers import Draws

N = 40_000
VARIANCES = ["posterior", "beta"]


def ddpm(variance: str, steps: int, **more: Any) -> DDPM:
    return DDPM(sampler="ancestral", variance=variance, sample_steps=steps, clip=False, **more)  # type: ignore[arg-type]


def recursion(game: DDPM, data: float) -> float:
    """The samples' variance where the data is N(0, data): every step is linear with Gaussian noise (Ho et al. 2020, eq. 7).

    ᾱ and β are those of the steps that are visited (Nichol & Dhariwal 2021, eq. 19).
    """
    variance = 1.0
    for step in game.steps():
        kept, to_kept = step.start.alpha**2, step.end.alpha**2
        beta = 1 - kept / to_kept
        posterior = beta * (1 - to_kept) / (1 - kept)
        x0 = sqrt(kept) * data / (kept * data + 1 - kept)
        mean = sqrt(to_kept) * beta / (1 - kept) * x0 + sqrt(1 - beta) * (1 - to_kept) / (1 - kept)
        noise = beta if game.variance == "beta" and to_kept < 1 else posterior
        variance = mean**2 * variance + noise
    return variance


@pytest.mark.parametrize("variance", VARIANCES)
@pytest.mark.parametrize("steps", [7, 60])
def test_an_oracles_samples_have_the_variances_of_their_recursion(variance: str, steps: int) -> None:
    data = Gaussian(mean=(0.0, 0.0), covariance=((0.25, 0.0), (0.0, 2.0)), n=100).load()
    engine = Engine(Oracle(of=ddpm(variance, steps), noise=0.0), data, [0], dtype=torch.float64)
    found = engine.sample(engine.init_state(), N)[0].var(0)
    expected = [recursion(ddpm(variance, steps), scale) for scale in (0.25, 2.0)]
    assert found.tolist() == pytest.approx(expected, rel=5 * sqrt(2 / N))


@pytest.mark.parametrize("steps", [4, 50, 1000])
def test_beta_is_exact_on_unit_gaussian_data(steps: int) -> None:
    """Ho et al. 2020, section 3.2. The last step adds no noise, and shrinks what it has to E[x0|x_t] = √ᾱ x_t."""
    beta, posterior = ddpm("beta", steps), ddpm("posterior", steps)
    left = beta.steps()[-1].start.alpha ** 2
    assert recursion(beta, 1.0) == pytest.approx(left, rel=1e-12)
    assert recursion(posterior, 1.0) < 0.999 * left


@pytest.mark.parametrize("steps", [4, 50])
def test_the_posterior_is_exact_on_a_point_and_beta_ends_there_too(steps: int) -> None:
    """Before the last step x should be √ᾱ μ + √(1-ᾱ) ε; β leaves it too wide, and the last step forgets it."""

    def look(x: torch.Tensor, level: Any) -> tuple[torch.Tensor, torch.Tensor]:
        x0 = torch.full_like(x, 0.3)
        return x0, (x - level.alpha * x0) / level.sigma

    start = torch.randn(N, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    for variance in VARIANCES:
        game = ddpm(variance, steps)
        before = game.walker.walk(look, start, game.steps()[:-1], Draws())  # type: ignore[arg-type]
        wanted = game.steps()[-1].start.sigma ** 2
        exact = float(before.var()) == pytest.approx(wanted, rel=5 * sqrt(2 / N))
        assert exact if variance == "posterior" else float(before.var()) > 1.1 * wanted
        end = game.walker.walk(look, start, game.steps(), Draws())  # type: ignore[arg-type]
        torch.testing.assert_close(end, torch.full_like(end, 0.3))


def test_beta_is_the_algorithm_of_ho_et_al() -> None:
    """Mean (x - β/√(1-ᾱ) ε)/√(1-β) and variance β, none at t = 1: Ho et al. 2020, algorithm 2."""
    game, data = ddpm("beta", 100, timesteps=100), 0.36
    x = torch.randn(30, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))

    def look(x: torch.Tensor, level: Any) -> tuple[torch.Tensor, torch.Tensor]:
        total = level.alpha**2 * data + level.sigma**2
        return level.alpha * data / total * x, level.sigma / total * x

    ours, draws = game.walker.walk(look, x, game.steps(), Draws()), Draws()  # type: ignore[arg-type]
    for step in game.steps():
        beta = 1 - (step.start.alpha / step.end.alpha) ** 2
        x = (x - beta / step.start.sigma * look(x, step.start)[1]) / sqrt(1 - beta)
        if step.end.sigma:
            x = x + sqrt(beta) * draws.normal(*x.shape)
    torch.testing.assert_close(ours, x)
