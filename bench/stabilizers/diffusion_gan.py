"""Diffusion-GAN: the critic sees samples at a random noise level that it is told; the levels adapt to how well it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from bench.plugins.ranges import AtLeastOne, NonNegative, Positive, Share
from bench.stabilizers._critics import timed
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs, expand_like
from bench.training.nets import Net

STEPS = 1000  # of the whole chain, with β from 1e-4 to 2e-2


@dataclass(frozen=True)
class DiffusionGAN(Stabilizer):
    """y = √ᾱ_t x + √(1 - ᾱ_t) std ε for real and fake x alike; t = 0 in half of the draws, uniform on 1 … T in the others.

    T ← clamp(T + sign(E sign r - target) · rate, least, most) after every step, with r the critic's logits on noised real
    samples; it starts at `least`. Sample i of the real and of the fake batch share t; their noise is their own. ᾱ is that of
    one chain of 1000 steps, cut off at T; the authors' code spreads β from 1e-4 to 2e-2 over every T anew.
    Source: Wang et al. 2022 (std .05, target .6, half of the draws at 0; t is drawn as its `uniform`, not its `priority`).
    T is from 5 to 500 in its code for Projected GAN and from 10 to 1000 elsewhere; `rate` is ours.
    """

    std: NonNegative = 0.05
    target: Share = 0.6
    rate: Positive = 0.25
    least: AtLeastOne = 5.0
    most: AtLeastOne = 500.0

    inputs_type: ClassVar[type] = AdversarialInputs

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.most <= STEPS:
            raise ValueError(f"least={self.least:g} and most={self.most:g}: 1 ≤ least ≤ most ≤ {STEPS}")

    def nets(self, nets: dict[str, Net], game: Game) -> dict[str, Net]:
        return nets | {"D": timed(nets["D"], "diffusion_gan")}

    def init_memory(self, game: Game, params: Params) -> Tensor:
        return params["D"].new_full((), self.least)

    def loss_inputs(self, inputs: AdversarialInputs, at: StepContext) -> AdversarialInputs:
        real, fake, n = inputs.real, inputs.fake, len(inputs.real)
        drawn = (at.rng.uniform(n) * at.memory).floor() + 1
        t = torch.where(at.rng.uniform(n) < 0.5, 0.0, drawn)
        kept = remaining(real)[t.long()]
        alpha, sigma = expand_like(kept.sqrt(), real), expand_like((1 - kept).sqrt(), real)
        return replace(
            inputs,
            real=alpha * real + sigma * self.std * at.rng.normal(*real.shape),
            fake=alpha * fake + sigma * self.std * at.rng.normal(*fake.shape),
            critic=told(inputs.critic, t / STEPS),
            features=told(inputs.features, t / STEPS),
        )

    def collect(self, inputs: AdversarialInputs, at: StepContext) -> Tensor | tuple[()]:
        return inputs.r.sign().mean() if at.player == "D" else ()

    def update_memory(self, memory: Tensor, params: Params, at: StepContext) -> Tensor:
        rise: Tensor = at.collected["D"] - self.target
        return (memory + rise.sign() * self.rate).clamp(self.least, self.most)


def told(judge: Callable[..., Tensor], t: Tensor) -> Callable[..., Tensor]:
    """A critic that is told the noise levels t [B] of its samples."""
    return lambda x: judge(x, t=t)


def remaining(like: Tensor) -> Tensor:
    """ᾱ_t for t = 0 … STEPS [STEPS + 1]; ᾱ_0 = 1."""
    betas = torch.linspace(1e-4, 2e-2, STEPS, dtype=like.dtype, device=like.device)
    return torch.cat([torch.ones_like(betas[:1]), (1 - betas).cumprod(0)])
