"""Consistency models: a network that leads from any noise level to data at once, and agrees with itself on the way."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import erf, log, sqrt
from typing import Literal

import torch
from torch import Tensor

from bench.diffusion.draws import DRAWS
from bench.models._data_scale import DataScale
from bench.models._flow_map import FlowMap
from bench.plugins.ranges import Count, NonNegative, Positive, Signed
from bench.training.flow_map_inputs import FlowMapInputs, Lesson
from bench.training.game import Batch, Params
from bench.training.loss_inputs import expand_like, safe_norm
from bench.training.rng import Rng


@dataclass(frozen=True, kw_only=True)
class Consistency(DataScale, FlowMap):
    """E λ d(f(x0 + σ_{n+1} ε, σ_{n+1}), sg[f(x0 + σ_n ε, σ_n)]) with λ = 1/(σ_{n+1} - σ_n), both with one noise ε.

    f(x, σ) = c_skip x + c_out F(c_in x, ln σ/4) with c_skip = σ_d²/((σ - σ_min)² + σ_d²), c_out = σ_d (σ - σ_min)/√(σ² + σ_d²)
    and c_in = 1/√(σ² + σ_d²), so that f(x, σ_min) = x. d(a, b) = √(‖a - b‖² + c²) - c with c = huber · √(numbers of a sample).
    Training begins with N = `start` steps between σ_min and σ_max, twice as many after every `double_every` steps of
    training, up to `end`; the levels are those of `edm`'s grid (rho), and n is drawn so that ln σ_n is normal
    (p_mean, p_std) within the grid. The student's weights are the teacher's: no average, and no dropout.
    `teacher=law` replaces σ_n's sample by Heun's step from σ_{n+1} down the exact probability flow (consistency distillation).
    Sampling in k evaluations takes f at k levels of the grid from σ_max down, with fresh noise √(σ² - σ_min²) in between;
    these levels are ours, the papers search for theirs.
    Source: Song et al. 2023, algorithms 1 to 3 and appendix C; Song & Dhariwal 2024, table 1 (p_mean, p_std, huber, 10 to
    1280 steps), with σ_d = .5 for images. `double_every` = 1000 is ours: there it is an eighth of training.
    """

    sigma_min: Positive = 0.002
    sigma_max: Positive = 80.0
    rho: Positive = 7.0
    p_mean: Signed = -1.1
    p_std: Positive = 2.0
    huber: NonNegative = 0.00054
    start: Count = 10
    end: Count = 1280
    double_every: Count = 1000
    draw: Literal["uniform", "stratified", "low_discrepancy", "antithetic"] = "uniform"

    def __post_init__(self) -> None:
        if self.sigma_min >= self.sigma_max:
            raise ValueError(f"sigma_min={self.sigma_min:g} must be below sigma_max={self.sigma_max:g}")
        if self.start > self.end:
            raise ValueError(f"start={self.start} is more steps than end={self.end}: they double, and never halve")

    def levels(self, rng: Rng) -> int:
        """N, the number of steps between σ_min and σ_max at the step of training whose noise `rng` is."""
        count, doublings = self.start, 0
        while count < self.end and rng.decides(lambda step, k=doublings: step >= (k + 1) * self.double_every):  # type: ignore[misc]
            count, doublings = min(2 * count, self.end), doublings + 1
        return count

    def rung(self, share: Tensor) -> Tensor:
        """σ at a share of the grid, from 0 (σ_min) to 1 (σ_max)."""
        low, high = self.sigma_min ** (1 / self.rho), self.sigma_max ** (1 / self.rho)
        sigma: Tensor = (low + share * (high - low)) ** self.rho
        return sigma

    def neighbours(self, count: int, u: Tensor) -> tuple[Tensor, Tensor]:
        """σ_n and σ_{n+1} [B] of `count` steps, from uniform u [B].

        P(n) ∝ Φ((ln σ_{n+1} - p_mean)/p_std) - Φ((ln σ_n - p_mean)/p_std): ln σ is drawn from the normal law between the ends
        of the grid, and n is the step in which it lies. Source: Song & Dhariwal 2024, section 3.5.
        """
        below, above = (
            (1 + erf((log(s) - self.p_mean) / self.p_std / sqrt(2))) / 2 for s in (self.sigma_min, self.sigma_max)
        )
        drawn = (self.p_mean + self.p_std * torch.special.ndtri(below + u * (above - below))).exp()
        low, high = self.sigma_min ** (1 / self.rho), self.sigma_max ** (1 / self.rho)
        share = (drawn ** (1 / self.rho) - low) / (high - low)
        n = (share * count).floor().clamp(0, count - 1)
        return self.rung(n / count), self.rung((n + 1) / count)

    def f(self, theta: Tensor, x: Tensor, sigma: Tensor) -> Tensor:
        """The consistency function [B, *D] of x [B, *D] at σ [B]."""
        total, above = sigma.square() + self.data_std**2, sigma - self.sigma_min
        skip = self.data_std**2 / (above.square() + self.data_std**2)
        inside = self.nets["net"](theta, expand_like(total.rsqrt(), x) * x, sigma.log() / 4)
        out: Tensor = expand_like(skip, x) * x + expand_like(self.data_std * above * total.rsqrt(), x) * inside
        return out

    def descended(self, x: Tensor, x0: Tensor, noise: Tensor, low: Tensor, high: Tensor) -> Tensor:
        """The teacher's sample at σ = low, from x at σ = high."""
        way = expand_like(low - high, x)
        _, eps = self.ends(x, x0, noise, torch.ones_like(high), high)
        ahead = x + way * eps
        if self.teacher == "pairs":
            return ahead
        _, eps_ahead = self.ends(ahead, x0, noise, torch.ones_like(low), low)
        return x + way * (eps + eps_ahead) / 2

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> FlowMapInputs:
        theta = params["net"]
        low, high = self.neighbours(self.levels(rng), DRAWS[self.draw](len(batch.x), rng))

        def teach(x0: Tensor, noise: Tensor) -> Lesson:
            x = x0 + expand_like(high, x0) * noise
            target = self.f(theta.detach(), self.descended(x, x0, noise, low, high), low)
            return Lesson(self.f(theta, x, high), target, 1 / (high - low))

        return FlowMapInputs(batch.x, rng.normal(*batch.x.shape), teach)

    def objective(self, player: str, inputs: FlowMapInputs) -> Tensor:
        gap = inputs.error.flatten(1)
        if not self.huber:
            return (inputs.lesson.weight * safe_norm(gap)).mean()
        c = self.huber * sqrt(gap.shape[1])
        return (inputs.lesson.weight * ((gap.square().sum(1) + c**2).sqrt() - c)).mean()

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        theta, x = params["net"], self.sigma_max * rng.normal(n, *self.shape)
        low, high = self.sigma_min ** (1 / self.rho), self.sigma_max ** (1 / self.rho)
        grid = [(high + k / self.sample_steps * (low - high)) ** self.rho for k in range(self.sample_steps)]
        clean = self.f(theta, x, x.new_full((n,), grid[0]))
        for _, sigma in pairwise(grid):
            noised = clean + sqrt(max(sigma**2 - self.sigma_min**2, 0.0)) * rng.normal(*x.shape)
            clean = self.f(theta, noised, x.new_full((n,), sigma))
        return clean
