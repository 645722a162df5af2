"""Samplers against the exact flow of Gaussian data, whose denoiser is linear."""

from dataclasses import replace
from math import log, sqrt

import pytest
import torch

from bench.diffusion.samplers import SAMPLERS, ddim
from bench.models.ddpm import DDPM
from bench.models.edm import EDM
from bench.models.flow import Flow

SPREAD = 0.6  # the standard deviation of the data


class Draws:
    """The part of an Rng that samplers use."""

    def __init__(self):
        self.generator = torch.Generator().manual_seed(0)

    def normal(self, *shape):
        return torch.randn(*shape, generator=self.generator, dtype=torch.float64)


def exact(x, level):
    """E[x0 | x_t] and E[noise | x_t] for data N(0, SPREAD²)."""
    _, alpha, sigma = level
    variance = alpha**2 * SPREAD**2 + sigma**2
    return alpha * SPREAD**2 / variance * x, sigma / variance * x


def spread(level):
    """The standard deviation of noised data; along the probability-flow ODE, x is proportional to it."""
    return sqrt(level.alpha**2 * SPREAD**2 + level.sigma**2)


def error(game, steps, share=1.0):
    """Relative distance from the exact flow after the first `share` of the way."""
    grid = replace(game, sample_steps=steps).steps()[: round(share * steps)]
    end = game.walker.walk(exact, torch.ones(1, 1, dtype=torch.float64), grid, Draws())
    return abs(float(end) * spread(grid[0].start) / spread(grid[-1].end) - 1)


def order(game, few, many, share):
    """The observed order of convergence between two numbers of steps."""
    return log(error(game, few, share) / error(game, many, share)) / log(many / few)


@pytest.mark.parametrize(
    ("game", "few", "many", "share", "expected"),
    [
        (Flow(sampler="euler"), 128, 512, 1, 1),
        (Flow(sampler="heun"), 128, 512, 1, 2),
        (Flow(sampler="dpmpp_2m"), 128, 512, 0.75, 2),
        (EDM(sampler="euler", sigma_data=SPREAD), 128, 512, 1, 1),
        (EDM(sampler="heun", sigma_data=SPREAD), 32, 128, 1, 2),
        (EDM(sampler="dpmpp_2m", sigma_data=SPREAD, sigma_max=5.0), 32, 128, 1, 2),
        (DDPM(sampler="ddim", timesteps=2**15, schedule="cosine"), 128, 512, 1, 1),
        # σ falls like √t at the clean end, where the one Euler step leaves an error of first order: look before it
        (DDPM(sampler="heun", timesteps=2**15, schedule="cosine"), 128, 512, 0.75, 2),
        (DDPM(sampler="dpmpp_2m", timesteps=2**15, schedule="cosine"), 128, 512, 0.75, 2),
    ],
    ids=lambda value: f"{type(value).__name__}.{value.sampler}" if hasattr(value, "sampler") else None,
)
def test_order_of_convergence_to_the_exact_flow(game, few, many, share, expected):
    assert order(game, few, many, share) == pytest.approx(expected, abs=0.25)
    assert error(game, many, share) < 0.02


@pytest.mark.parametrize("target", ["eps", "x0", "v"])
@pytest.mark.parametrize("schedule", ["linear", "cosine", "sigmoid"])
@pytest.mark.parametrize("sampler", ["ddim", "heun", "dpmpp_2m"])
def test_every_schedule_comes_near_the_exact_flow(target, schedule, sampler):
    assert error(DDPM(target=target, schedule=schedule, sampler=sampler), 250) < 0.02


@pytest.mark.parametrize("sampler", ["ancestral", "ddim", "heun", "dpmpp_2m"])
def test_sampling_starts_from_pure_noise_where_no_signal_is_left(sampler):
    game = DDPM(target="v", zero_snr=True, sampler=sampler, sample_steps=1000)
    x = torch.randn(20_000, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    end = game.walker.walk(exact, x, game.steps(), Draws())
    assert end.std() == pytest.approx(SPREAD, rel=0.04)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("steps", [20, 1000])
def test_stochastic_samplers_have_the_variance_of_their_recursion(eta, steps):
    """Each step is linear and Gaussian, so the samples' variance follows exactly; with many steps it is the data's."""
    game = DDPM(sample_steps=steps)
    variance = 1.0
    for step in game.steps():
        (_, alpha, _), (_, to_alpha, to_sigma) = step.start, step.end
        keep, beta = (alpha / to_alpha) ** 2, 1 - (alpha / to_alpha) ** 2
        added = eta**2 * beta * (1 - to_alpha**2) / (1 - keep * to_alpha**2)  # Ho et al. 2020, eq. 7
        gain = sum(c * e for c, e in zip((to_alpha, sqrt(to_sigma**2 - added)), exact(1.0, step.start), strict=True))
        variance = gain**2 * variance + added
    n = 40_000
    x = torch.randn(n, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    measured = ddim(eta).walk(exact, x, game.steps(), Draws()).var().item()
    assert measured == pytest.approx(variance, rel=5 * sqrt(2 / n))
    if steps == 1000:
        assert variance == pytest.approx(SPREAD**2, rel=0.02)


def test_ancestral_is_the_algorithm_of_ho_et_al():
    """Mean (x - β/√(1-ᾱ) ε)/√(1-β) and variance β (1-ᾱ_before)/(1-ᾱ), Ho et al. 2020, algorithm 2 and eq. 7."""
    game = DDPM(timesteps=100, sample_steps=100, sampler="ancestral")
    draws, x = Draws(), torch.randn(30, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    ours = game.walker.walk(exact, x, game.steps(), Draws())
    for step in game.steps():
        beta = 1 - (step.start.alpha / step.end.alpha) ** 2
        x = (x - beta / step.start.sigma * exact(x, step.start)[1]) / sqrt(1 - beta)
        if step.end.sigma:
            x = x + sqrt(beta) * step.end.sigma / step.start.sigma * draws.normal(*x.shape)
    torch.testing.assert_close(ours, x)


def test_churn_keeps_the_variance():
    game = EDM(sampler="heun", sigma_data=SPREAD, sample_steps=60, churn=20.0)
    x = 80 * torch.randn(20_000, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    assert game.walker.walk(exact, x, game.steps(), Draws()).std() == pytest.approx(SPREAD, rel=0.03)
    assert game.steps()[0].start.sigma == pytest.approx(80 * (1 + min(20 / 60, sqrt(2) - 1)))


def test_edm_grid_is_that_of_the_paper():
    grid = EDM(sample_steps=18).grid()
    assert (grid[0], grid[-2], grid[-1]) == pytest.approx((80, 0.002, 0))
    assert grid[9] ** (1 / 7) == pytest.approx(80 ** (1 / 7) + 9 / 17 * (0.002 ** (1 / 7) - 80 ** (1 / 7)))


def looks(walker, steps):
    """The levels at which a sampler evaluates the denoiser."""
    calls = []

    def look(x, level):
        calls.append(level)
        return exact(x, level)

    walker.walk(look, torch.ones(1, 1, dtype=torch.float64), steps, Draws())
    return calls


@pytest.mark.parametrize("game", [DDPM(sample_steps=10), EDM(sample_steps=10, sigma_data=0.5), Flow(sample_steps=10)])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_nfe_counts_the_evaluations(game, sampler):
    calls = looks(SAMPLERS[sampler], game.steps())
    assert len(calls) == SAMPLERS[sampler].nfe(10) == {"heun": 19, "heun_to_the_end": 20}.get(sampler, 10)
    assert all(level.sigma > 0 for level in calls[:-1])
    assert (calls[-1].sigma == 0) == (sampler == "heun_to_the_end")


def test_only_the_flow_is_asked_at_the_end():
    """A velocity is known at σ = 0; EDM's network has no such level, and DDPM's has not seen it."""
    for game in (DDPM(sampler="heun"), DDPM(sampler="heun", target="v"), EDM(sigma_data=0.5)):
        assert all(level.sigma > 0 for level in looks(game.walker, game.steps()))
        assert game.nfe == 2 * game.sample_steps - 1
    assert looks(Flow().walker, Flow().steps())[-1].sigma == 0
    assert Flow().nfe == 50


def test_the_velocity_is_finite_at_the_end_of_a_straight_path():
    """The clean sample is x itself, whatever the velocity; the noise is x less the velocity."""
    x, velocity = torch.randn(2, 5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(6))
    x0, noise = Flow().path.split(velocity, x, Flow().steps()[-1].end)
    assert torch.equal(x0, x)
    torch.testing.assert_close(x0 - noise, velocity)


def test_heun_to_the_end_is_of_second_order_and_nearer():
    """Twice the steps, a quarter of the error; Euler's last step is of second order too, with a larger constant."""
    flow = Flow(sampler="heun")
    assert error(flow, 64) / error(flow, 128) == pytest.approx(4, rel=0.05)
    for steps, nearer in ((4, 20), (16, 5), (128, 3.5)):
        grid = replace(flow, sample_steps=steps).steps()
        ended = SAMPLERS["heun"].walk(exact, torch.ones(1, 1, dtype=torch.float64), grid, Draws())
        assert abs(float(ended) / SPREAD - 1) > nearer * error(flow, steps)


def test_nfe_of_the_models():
    assert EDM(sample_steps=18).nfe == 35
    assert DDPM(sampler="ancestral", timesteps=1000, sample_steps=1000).nfe == 1000
    assert Flow(sampler="euler", sample_steps=7, conditional=True, guidance=2.0).nfe == 14
