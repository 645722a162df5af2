"""On Gaussian data the best possible loss is known at every noise level; nothing may beat it."""

from dataclasses import replace
from math import sqrt

import pytest
import torch

from bench.models.ddpm import DDPM
from bench.models.edm import EDM
from bench.models.flow import Flow
from bench.training.loss_inputs import DenoisingInputs

SPREAD, N = 0.6, 40_000
GAMES = {
    "eps": DDPM(),
    "x0": DDPM(target="x0"),
    "v": DDPM(target="v", schedule="cosine"),
    "edm": EDM(sigma_data=SPREAD),
    "flow": Flow(),
}


def best_guess(path, slope=1.0):
    """E[target | x_t] for data N(0, SPREAD²), or a guess that is off by a factor."""

    def network(x, t):
        alpha, sigma = path.levels(t)
        a, b = path.aim(alpha, sigma)
        variance = alpha**2 * SPREAD**2 + sigma**2
        return slope * ((a * alpha * SPREAD**2 + b * sigma) / variance)[:, None] * x

    return network


@pytest.mark.parametrize("word", GAMES)
@pytest.mark.parametrize("t", [0.05, 0.3, 0.7, 0.95])
def test_the_optimal_loss_is_the_closed_form(word, t):
    path = GAMES[word].path
    x0, noise = torch.randn(2, N, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    times = torch.full((N,), t, dtype=torch.float64)
    inputs = DenoisingInputs(SPREAD * x0, noise, times, path, best_guess(path), GAMES[word].weight)
    alpha, sigma = (float(level[0]) for level in path.levels(times[:1]))
    closed = {
        "eps": (alpha * SPREAD) ** 2 / (alpha**2 * SPREAD**2 + sigma**2),
        "x0": (sigma * SPREAD) ** 2 / (alpha**2 * SPREAD**2 + sigma**2),
        "v": SPREAD**2 / (alpha**2 * SPREAD**2 + sigma**2),
        "edm": 1.0,  # F's target has unit variance at every level (Karras et al. 2022, appendix B.6), all of it noise
        "flow": SPREAD**2 / (alpha**2 * SPREAD**2 + sigma**2),
    }[word]
    loss = GAMES[word].objective("net", replace(inputs, weight=lambda t: torch.ones_like(t)))
    assert float(loss) == pytest.approx(closed, rel=5 * sqrt(2 / N))


@pytest.mark.parametrize("word", ["eps", "x0", "v", "flow"])
def test_any_other_slope_is_worse(word):
    path = GAMES[word].path
    x0, noise = torch.randn(2, N, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    times = torch.full((N,), 0.4, dtype=torch.float64)
    inputs = DenoisingInputs(SPREAD * x0, noise, times, path, best_guess(path), GAMES[word].weight)
    best = GAMES[word].objective("net", inputs)
    for slope in (0.7, 1.3):
        assert GAMES[word].objective("net", replace(inputs, network=best_guess(path, slope))) > best
