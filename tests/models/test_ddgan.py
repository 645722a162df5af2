"""DDGAN (Xiao et al. 2022), held to its equations and to its published code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.models.ddgan import DDGAN
from bench.stabilizers.r1 import R1
from bench.training.engine import Engine
from tests.laws.cases import images, run
from tests.models.small import SMALL, built, rng


@pytest.mark.parametrize("t", [2.0, 3.0, 4.0])
def test_ddgan_posterior_and_forward_step_meet(t: float) -> None:
    """q(x_{t-1}|x0) has the moments that x_t ~ q(x_t|x0) and then the posterior give: the law of total variance."""
    game = DDGAN()
    now, before = game.kept(torch.tensor([t, t - 1], dtype=torch.float64))
    times, zero = torch.full((1,), t, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    one = zero + 1
    from_x0 = game.posterior(one, zero, times, zero) + game.posterior(zero, one, times, zero) * now.sqrt()
    assert from_x0.item() == pytest.approx(before.sqrt().item(), rel=1e-12)
    spread = game.posterior(zero, one, times, zero) ** 2 * (1 - now) + game.posterior(zero, zero, times, one) ** 2
    assert spread.item() == pytest.approx((1 - before).item(), rel=1e-12)


@pytest.mark.parametrize("steps", [2, 4, 8])
def test_ddgan_has_the_papers_rates_and_its_codes_are_near(steps: int) -> None:
    """β_t = 1 - exp(-β_min/T - ½(β_max - β_min)(2t - 1)/T²); the code's times are ε + (1 - ε) t/T, ε = 1e-3."""
    game, t = DDGAN(steps=steps), torch.arange(1, steps + 1, dtype=torch.float64)
    ours = 1 - game.kept(t) / game.kept(t - 1)
    paper = 1 - (-0.1 / steps - 0.5 * 19.9 * (2 * t - 1) / steps**2).exp()
    assert torch.allclose(ours, paper, rtol=0, atol=1e-12)
    shifted = [game.kept(steps * (1e-3 + (1 - 1e-3) * when / steps)) for when in (t, t - 1)]
    gap = (1 - shifted[0] / shifted[1] - ours).abs().max().item()
    assert 3e-4 < gap < 2e-3


def test_ddgan_tells_its_networks_the_time_of_the_noisier_sample() -> None:
    """(x_t, t), as t/T: 1 at the noisiest step, and never 0."""
    game, params, batch = built(DDGAN(**SMALL, steps=3))
    told: list[Tensor] = []

    class Listening:
        def at(self, theta: Tensor) -> Any:
            def judge(x: Tensor, t: Tensor, **more: Any) -> Tensor:
                told.append(t)
                return x.sum(1)

            return judge

    heard = replace(game, nets={**game.nets, "D": Listening()})
    heard.loss_inputs("D", params, batch._replace(x=batch.x.repeat(8, 1)), rng()).r  # noqa: B018
    assert set((3 * told[0]).round(decimals=9).tolist()) == {1.0, 2.0, 3.0}


def test_ddgan_ends_on_the_generators_guess_and_starts_in_noise() -> None:
    game = DDGAN()
    first, x0, x1 = torch.ones(3, dtype=torch.float64), torch.randn(3, 2), torch.randn(3, 2)
    assert torch.allclose(game.posterior(x0.double(), x1.double(), first, torch.ones(3, 2)), x0.double(), atol=1e-12)
    assert game.kept(torch.tensor(4.0)) < 1e-4


def test_ddgan_real_and_fake_share_what_the_critic_sees_beside_them() -> None:
    game, params, batch = built(DDGAN(**SMALL))
    inputs = game.loss_inputs("G", params, batch, rng())
    assert torch.equal(inputs.generate(inputs.z), inputs.fake)
    moved = inputs.critic(inputs.real + 1)
    assert not torch.equal(moved, inputs.r)
    assert inputs.features(inputs.real).shape == (8, 16)


def test_a_perfect_ddgan_generator_gives_the_datas_moments() -> None:
    """On data N(0, 1) with draws from the posterior p(x0|x_t) in place of G, the chain ends on N(0, 1)."""
    game, noise = DDGAN(), rng()
    x = noise.normal(200_000, 1)
    for t in (4, 3, 2, 1):
        times = torch.full((len(x),), float(t), dtype=torch.float64)
        kept = game.kept(times)[:, None]
        x0 = kept.sqrt() * x + (1 - kept).sqrt() * noise.normal(*x.shape)
        x = game.posterior(x0, x, times, noise.normal(*x.shape))
    assert x.std().item() == pytest.approx(1, abs=0.01)  # six standard errors


@pytest.mark.parametrize("arch", ["unet", "dcgan"])
def test_ddgan_on_images(arch: str) -> None:
    engine = Engine(DDGAN(arch=arch, width=8, latent=4), images(), [0], [R1()], batch=8)
    state = run(engine, 2)
    assert state.alive.all()
    assert engine.sample(state, 3).shape == (1, 3, 1, 8, 8)
    assert engine.nfe == 4


# VAE-GAN
