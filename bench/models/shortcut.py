"""Shortcut models: a flow that is told how long its next step is, and learns long steps from pairs of short ones."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import Annotated

import torch
from torch import Tensor

from bench.architectures.mlp import embed
from bench.models._flow_map import FlowMap
from bench.plugins.ranges import Range, Share
from bench.training.flow_map_inputs import FlowMapInputs, Lesson
from bench.training.game import Batch, Params
from bench.training.loss_inputs import expand_like
from bench.training.rng import Rng


@dataclass(frozen=True, kw_only=True)
class Shortcut(FlowMap):
    """E ‖s(x_t, t, d) - (x0 - ε)‖² at the finest step d = 2^-halvings, and E ‖s(x_t, t, 2d) - sg[(s + s')/2]‖² above it,

    with s = s(x_t, t, d) and s' = s(x_t + s d, t + d, d), on x_t = t x0 + (1 - t) ε: here t = 1 is DATA, as in `flow`. The part
    `doubled` of a batch learns to double a step, with d of all lengths alike and t a multiple of 2d; the rest learns the
    velocity. Networks are told t and log2(1/d)/halvings.
    The teacher's weights are the student's: the paper's targets come from an average, and its code clips them at 4.
    Sampling takes k equal steps, at most 2^halvings; of a k that is no power of two nothing was learned.
    Source: Frans et al. 2025 (shortcut models; 128 steps), whose code doubles in a part of each batch as here.
    """

    halvings: Annotated[int, Range(3, 12)] = 7
    doubled: Share = 0.25

    two_times = True

    def __post_init__(self) -> None:
        if self.sample_steps > 2**self.halvings:
            raise ValueError(f"sample_steps={self.sample_steps} is more than 2^halvings = {2**self.halvings}")

    def velocity(self, theta: Tensor, x: Tensor, t: Tensor, k: Tensor) -> Tensor:
        """s(x_t, t, 2^-k) [B, *D] at t, k [B]."""
        said: Tensor = self.nets["net"](theta, x, t, z=embed(k / self.halvings))
        return said

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> FlowMapInputs:
        theta, n = params["net"], len(batch.x)
        k = rng.integers(self.halvings, n).to(batch.x.dtype)  # of the step that is learned: 1, 1/2, …, twice the finest
        finest = torch.arange(n, device=k.device) < round((1 - self.doubled) * n)
        k = torch.where(finest, torch.full_like(k, self.halvings), k)
        t = (rng.uniform(n) * 2**k).floor() * 2**-k

        def teach(x0: Tensor, noise: Tensor) -> Lesson:
            x = expand_like(t, x0) * x0 + expand_like(1 - t, x0) * noise
            clean, rest = self.ends(x, x0, noise, t, 1 - t)
            guess = self.velocity(theta, x, t, k)
            split = round((1 - self.doubled) * n)
            target = torch.cat([(clean - rest)[:split], self.halved(theta.detach(), x[split:], t[split:], k[split:])])
            return Lesson(guess, target, torch.ones_like(t))

        return FlowMapInputs(batch.x, rng.normal(*batch.x.shape), teach)

    def halved(self, theta: Tensor, x: Tensor, t: Tensor, k: Tensor) -> Tensor:
        """The mean velocity of two steps of half the length 2^-k [B, *D]."""
        d = 2 ** -(k + 1)
        first = self.velocity(theta, x, t, k + 1)
        second = self.velocity(theta, x + expand_like(d, x) * first, t + d, k + 1)
        return (first + second) / 2

    def objective(self, player: str, inputs: FlowMapInputs) -> Tensor:
        return inputs.error.square().mean()

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        x, steps = rng.normal(n, *self.shape), self.sample_steps
        k = x.new_full((n,), log2(steps))
        for step in range(steps):
            x = x + self.velocity(params["net"], x, x.new_full((n,), step / steps), k) / steps
        return x
