"""Drifting (Deng et al. 2026) on Gaussians, of which its field is known, and where both laws agree."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from torch import Tensor

from bench.models.drifting import LOG_KERNELS, Drifting, DriftingInputs, distances, drift
from bench.training.engine import Engine
from tests.laws.cases import images, points, run
from tests.models.small import rng

N = 60_000


def gaussian(mean: float, spread: float) -> Tensor:
    """N points [N, 1] at the quantiles of N(mean, spread²)."""
    u = (torch.arange(N, dtype=torch.float64) + 0.5) / N
    return (mean + spread * torch.special.ndtri(u))[:, None]


def test_the_field_between_two_gaussians() -> None:
    """With a Gaussian kernel of width τ, E k(x, y) y/E k(x, y) = (m τ² + x s²)/(τ² + s²), and E k has a closed form."""
    tau, (m, s), (n, o) = 0.7, (1.0, 0.5), (-0.5, 1.2)
    x, real, fake = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None], gaussian(m, s), gaussian(n, o)
    logs = [LOG_KERNELS["gaussian"](distances(x, y), tau) for y in (real, fake)]
    found = drift(*logs, real, fake, columns=False)

    def mass(mean: float, spread: float) -> Tensor:
        width = tau**2 + spread**2
        return tau / sqrt(width) * (-((x - mean) ** 2) / (2 * width)).exp()

    share = mass(m, s) / (mass(m, s) + mass(n, o))
    centres = [(mean * tau**2 + x * spread**2) / (tau**2 + spread**2) for mean, spread in ((m, s), (n, o))]
    torch.testing.assert_close(found, share * (1 - share) * (centres[0] - centres[1]), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kernel", ["laplace", "gaussian"])
def test_the_field_is_antisymmetric_and_vanishes_where_both_agree(kernel: str) -> None:
    noise = rng()
    x, real, fake = (noise.normal(64, 3) for _ in range(3))
    a, b = (LOG_KERNELS[kernel](distances(x, y), 0.5) for y in (real, fake))
    torch.testing.assert_close(drift(a, b, real, fake), -drift(b, a, fake, real))
    assert drift(a, a, real, real).abs().max() < 1e-12
    assert drift(a, b, real, fake).abs().max() > 0.1


def test_a_sample_does_not_see_itself_and_the_whole_field_has_unit_size() -> None:
    noise, lone = rng(), Drifting(temperatures=(0.1,))
    real, fake = noise.normal(100, 2) + 1, noise.normal(100, 2)
    field, scale = lone.field(real, fake)
    assert field.square().mean().item() == pytest.approx(1, rel=1e-12)
    apart = torch.cat([distances(fake, real), distances(fake, fake)], 1).mean().item()
    assert scale.item() == pytest.approx(apart / sqrt(2), rel=1e-12)
    pair, far = fake[:2], torch.full((2, 2), 50.0, dtype=torch.float64)
    ahead, _ = Drifting(scaled=False, temperatures=(5.0,)).field(far, pair)
    assert (ahead > 0).all()  # towards the data, and not held by itself


def test_the_loss_has_the_gradient_of_the_field() -> None:
    """d loss/d x̃ = -2 V/(scale · numbers): a step of the generator goes along the field."""
    game, noise = Drifting(), rng()
    real, fake = noise.normal(32, 2), noise.normal(32, 2).requires_grad_()
    (slope,) = torch.autograd.grad(game.objective("G", DriftingInputs(real, fake)), fake)
    field, scale = game.field(real, fake.detach())
    torch.testing.assert_close(slope, -2 * field / scale / fake.numel())


def test_a_drifting_generator_finds_two_points() -> None:
    data = points()
    engine = Engine(Drifting(width=32, depth=2, lr=4e-3), data, [0], batch=64, mapping="loop")
    state = run(engine, 300)
    assert data.modes is not None
    near, which = torch.cdist(engine.sample(state, 1000)[0], data.modes.means).min(1)
    assert near.mean() < 0.45  # the data's own points: .28
    assert 0.3 < which.double().mean() < 0.7


def test_drifting_on_images() -> None:
    engine = Engine(Drifting(width=8, latent=4), images(), [0], batch=8)
    state = run(engine, 2)
    assert state.alive.all()
    assert engine.sample(state, 3).shape == (1, 3, 1, 8, 8)
