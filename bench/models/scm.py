"""Continuous-time consistency models: the consistency function is held constant along the path by its derivative."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import atan, cos, sin
from typing import Literal

import torch
from torch import Tensor

from bench.diffusion.draws import DRAWS, normal
from bench.models._data_scale import DataScale
from bench.models._flow_map import Tangent, along
from bench.plugins.ranges import NonNegative, Positive, Signed
from bench.training.flow_map_inputs import Slope, TangentInputs
from bench.training.game import Batch, Params
from bench.training.loss_inputs import expand_like
from bench.training.rng import Rng


@dataclass(frozen=True, kw_only=True)
class SCM(DataScale, Tangent):
    """E ‖F - sg[F + g]‖²/D with the tangent g = -cos² t (σ_d F - dx/dt) - cos t sin t (x + σ_d dF/dt), F at (x/σ_d, t).

    The path is x_t = cos t · x0 + sin t · σ_d ε with t in [0, π/2], f(x, t) = cos t · x - sin t · σ_d F(x/σ_d, t), and g is
    cos t · df/dt: where it is zero along the path, f is the consistency function. dx/dt is the teacher's slope, and dF/dt
    the derivative along the path, by a Jacobian-vector product. tan t = e^τ/σ_d with τ ~ N(p_mean, p_std²).
    What the paper has beside it to keep tangents in bounds is `+ tangent_norm + tangent_warmup`; its learned weight of each
    t and its architecture's changes are left out. Sampling in k evaluations takes f at the times t_max (1 - j/k), t_max =
    atan(σ_max/σ_d), with fresh noise in between; the paper searches for its second time.
    Source: Lu & Song 2025 (sCM), algorithm 1 (p_mean -1 and p_std 1.4 for training on CIFAR-10, with σ_d = .5).
    """

    sigma_max: Positive = 80.0
    p_mean: Signed = -1.0
    p_std: NonNegative = 1.4
    draw: Literal["uniform", "stratified", "low_discrepancy", "antithetic"] = "uniform"

    def times(self, n: int, rng: Rng) -> Tensor:
        """t [n] in (0, π/2)."""
        quantile = rng.normal(n) if self.draw == "uniform" else normal(DRAWS[self.draw], n, rng)
        return ((self.p_mean + self.p_std * quantile).exp() / self.data_std).atan()

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> TangentInputs:
        net, std = self.nets["net"].at(params["net"]), self.data_std
        t = self.times(len(batch.x), rng)

        def teach(x0: Tensor, noise: Tensor) -> Slope:
            c, s = expand_like(t.cos(), x0), expand_like(t.sin(), x0)
            x = c * x0 + s * std * noise
            clean, rest = self.ends(x, x0, noise, t.cos(), std * t.sin())
            speed = c * std * rest - s * clean
            guess, turn = along(net, x / std, t, speed / std)
            with torch.no_grad():
                return Slope(guess, -c.square() * (std * guess - speed), -c * s * (x + std * turn))

        return TangentInputs(batch.x, rng.normal(*batch.x.shape), teach)

    def objective(self, player: str, inputs: TangentInputs) -> Tensor:
        return inputs.error.square().mean()

    def f(self, params: Params, x: Tensor, t: float) -> Tensor:
        """cos t · x - sin t · σ_d F(x/σ_d, t) [n, *D]."""
        inside: Tensor = self.nets["net"](params["net"], x / self.data_std, x.new_full((len(x),), t))
        return cos(t) * x - sin(t) * self.data_std * inside

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        top = atan(self.sigma_max / self.data_std)
        grid = [top * (1 - k / self.sample_steps) for k in range(self.sample_steps)]
        clean = self.f(params, self.data_std * rng.normal(n, *self.shape), top)
        for _, t in pairwise(grid):
            clean = self.f(params, cos(t) * clean + sin(t) * self.data_std * rng.normal(*clean.shape), t)
        return clean
