"""Mean flows: a network that is asked for the average velocity between two times, and so for a leap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from bench.architectures.mlp import embed
from bench.diffusion.draws import DRAWS, normal
from bench.models._flow_map import Tangent, along
from bench.plugins.ranges import NonNegative, Positive, Share, Signed
from bench.training.flow_map_inputs import Slope, TangentInputs
from bench.training.game import Batch, Params
from bench.training.loss_inputs import expand_like
from bench.training.rng import Rng


@dataclass(frozen=True, kw_only=True)
class MeanFlow(Tangent):
    """E w ‖u - sg[v - (t - r) du/dt]‖², u = u(x_t, r, t) the average of the velocity v over [r, t], x_t = (1 - t) x0 + t ε.

    v = ε - x0, du/dt = v ∂u/∂x + ∂u/∂t by a Jacobian-vector product, w = 1/(‖u - target‖² + c)^power, held fixed. Here t = 1 is
    noise, as in the paper and against `flow`. The network is told t and t - r. t and r are the larger and the smaller of two
    draws sigmoid(N(p_mean, p_std²)); but for the part `apart` of a batch r = t, where the loss is flow matching's.
    `direction=network` takes du/dt along the network's own u(x_t, t, t), held fixed, in place of ε - x0: then the target's
    noise is that of ε - x0 alone, and the loss is that of the instantaneous velocity (improved mean flows; without the
    second head of its code, and in which `apart` is .5).
    Sampling takes k equal steps x_r = x_t - (t - r) u.
    Where samples have few numbers, power 1 asks for something nearer to the velocity's mode than to its mean, and pairs of times
    near both ends, from which one leap is learned, are rare: DESIGN.md has what that costs on points.
    Source: Geng et al. 2025 (MeanFlow; a quarter apart, -.4, 1 and power 1, c = .01 in its code); Geng et al. 2025 (Improved
    Mean Flows).
    """

    p_mean: Signed = -0.4
    p_std: NonNegative = 1.0
    apart: Share = 0.25
    power: NonNegative = 1.0
    c: Positive = 1e-3
    direction: Literal["pair", "network"] = "pair"
    draw: Literal["uniform", "stratified", "low_discrepancy", "antithetic"] = "uniform"

    two_times = True

    def velocity(self, params: Params, x: Tensor, t: Tensor, r: Tensor) -> Tensor:
        """u(x_t, r, t) [B, *D] at t, r [B]."""
        said: Tensor = self.nets["net"](params["net"], x, t, z=embed(t - r))
        return said

    def times(self, n: int, rng: Rng) -> tuple[Tensor, Tensor]:
        """t and r [n] with r ≤ t; the last `apart` · n of them differ."""

        def drawn() -> Tensor:
            quantile = rng.normal(n) if self.draw == "uniform" else normal(DRAWS[self.draw], n, rng)
            return (self.p_mean + self.p_std * quantile).sigmoid()

        one, other = drawn(), drawn()
        t, r = torch.maximum(one, other), torch.minimum(one, other)
        together = torch.arange(n, device=t.device) < round((1 - self.apart) * n)
        return t, torch.where(together, t, r)

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> TangentInputs:
        t, r = self.times(len(batch.x), rng)

        def teach(x0: Tensor, noise: Tensor) -> Slope:
            x = expand_like(1 - t, x0) * x0 + expand_like(t, x0) * noise
            clean, rest = self.ends(x, x0, noise, 1 - t, t)
            v = rest - clean
            with torch.no_grad():
                speed = self.velocity(params, x, t, t) if self.direction == "network" else v
            guess, turn = along(lambda x, t: self.velocity(params, x, t, r), x, t, speed)
            with torch.no_grad():
                return Slope(guess, v - guess, -expand_like(t - r, x0) * turn)

        return TangentInputs(batch.x, rng.normal(*batch.x.shape), teach)

    def objective(self, player: str, inputs: TangentInputs) -> Tensor:
        squared = inputs.error.square().flatten(1).sum(1)
        return (squared / (squared.detach() + self.c) ** self.power).mean()

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        x, k = rng.normal(n, *self.shape), self.sample_steps
        for step in range(k, 0, -1):
            t, r = x.new_full((n,), step / k), x.new_full((n,), (step - 1) / k)
            x = x - self.velocity(params, x, t, r) / k
        return x
