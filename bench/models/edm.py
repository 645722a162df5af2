"""The design of Karras et al. 2022: x = x0 + σ noise, preconditioning, lognormal noise levels, Heun's method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, sqrt
from typing import Annotated, Literal

import torch
from torch import Tensor

from bench.diffusion.base import Diffusion
from bench.diffusion.draws import DRAWS, normal
from bench.diffusion.labels import Network
from bench.diffusion.paths import GaussianPath, Level
from bench.diffusion.samplers import SAMPLERS, Sampler, Step
from bench.diffusion.targets import preconditioned
from bench.models._data_scale import DataScale
from bench.plugins.ranges import NonNegative, Positive, Range, Repeats, Signed
from bench.training.game import Params
from bench.training.loss_inputs import expand_like
from bench.training.rng import Rng


@dataclass(frozen=True, kw_only=True)
class EDM(DataScale, Diffusion):
    """D(x; σ) = c_skip x + c_out F(c_in x; c_noise), with E λ(σ) ‖D(x0 + σn) - x0‖² and ln σ ~ N(p_mean, p_std²).

    The network F is asked for (x0 - c_skip x)/c_out, on which the loss weight λ c_out² is 1.
    Source: Karras et al. 2022, table 1.
    t in [0, 1] is ln σ between ln sigma_min and ln sigma_max; about 2 in 100 000 training draws fall outside.
    `sigma_data` 0 means the standard deviation of what is trained on: 1 for points, which are normalised (the paper's .5 is
    that of its images). All σ are in those units.
    `churn`, `churn_min`, `churn_max`, `churn_noise` are S_churn, S_tmin, S_tmax, S_noise of algorithm 2; without
    churn it is algorithm 1.
    """

    sigma_min: Positive = 0.002
    sigma_max: Positive = 80.0
    rho: Positive = 7.0
    p_mean: Signed = -1.2
    p_std: NonNegative = 1.2
    draw: Literal["uniform", "stratified", "low_discrepancy", "antithetic"] = "uniform"
    sampler: Literal["heun", "euler", "dpmpp_2m", "ancestral"] = "heun"
    sample_steps: Repeats = 18
    churn: NonNegative = 0.0
    churn_min: NonNegative = 0.0
    churn_max: Annotated[float, Range(0)] = float("inf")
    churn_noise: NonNegative = 1.0

    def check(self) -> None:
        if self.sigma_min >= self.sigma_max:
            raise ValueError(f"sigma_min={self.sigma_min:g} must be below sigma_max={self.sigma_max:g}")
        if self.churn and self.sampler not in ("heun", "euler"):
            raise ValueError(f"churn={self.churn} belongs to sampler=heun or euler, not to {self.sampler}")

    @property
    def path(self) -> GaussianPath:
        return GaussianPath(lambda t: (torch.ones_like(t), self.sigma(t)), preconditioned(self.data_std))

    def sigma(self, t: Tensor) -> Tensor:
        """σ [B] of t [B]."""
        low, high = log(self.sigma_min), log(self.sigma_max)
        return (low + (high - low) * t).exp()

    def level(self, sigma: float) -> Level:
        """A level of the grid; σ = 0 has no t."""
        low, high = log(self.sigma_min), log(self.sigma_max)
        return Level((log(sigma) - low) / (high - low) if sigma else float("nan"), 1.0, sigma)

    def network(self, params: Params) -> Network:
        """F(c_in x; c_noise) with c_in = 1/√(σ² + σ_data²) and c_noise = ln σ / 4."""
        net = self.nets["net"].at(params["net"])

        def inside(x: Tensor, t: Tensor, y: Tensor | None) -> Tensor:
            sigma = self.sigma(t)
            scale = (sigma.square() + self.data_std**2).rsqrt()
            return net(expand_like(scale, x) * x, sigma.log() / 4, y)  # type: ignore[no-any-return]

        return inside

    @property
    def walker(self) -> Sampler:
        return SAMPLERS[self.sampler]

    @property
    def prior(self) -> float:
        return self.sigma_max

    def grid(self) -> list[float]:
        """σ_i = (σ_max^{1/ρ} + i/(N-1) (σ_min^{1/ρ} - σ_max^{1/ρ}))^ρ, then 0. Source: Karras et al. 2022, eq. 5."""
        high, low = self.sigma_max ** (1 / self.rho), self.sigma_min ** (1 / self.rho)
        last = max(1, self.sample_steps - 1)
        return [(high + k / last * (low - high)) ** self.rho for k in range(self.sample_steps)] + [0.0]

    def steps(self) -> Sequence[Step]:
        grid = self.grid()
        return [self._step(sigma, lower) for sigma, lower in pairwise(grid)]

    def _step(self, sigma: float, lower: float) -> Step:
        """Lines 4 to 6 of algorithm 2: σ is raised by the factor 1 + γ before the step."""
        churned = self.churn_min <= sigma <= self.churn_max
        gamma = min(self.churn / self.sample_steps, sqrt(2) - 1) if churned else 0.0
        raised = sigma * (1 + gamma)
        return Step(self.level(raised), self.level(lower), self.churn_noise * sqrt(raised**2 - sigma**2))

    def times(self, n: int, rng: Rng) -> Tensor:
        low, high = log(self.sigma_min), log(self.sigma_max)
        quantile = rng.normal(n) if self.draw == "uniform" else normal(DRAWS[self.draw], n, rng)
        return (self.p_mean + self.p_std * quantile - low) / (high - low)

    def weight(self, t: Tensor) -> Tensor:
        """λ(σ) c_out² = (σ² + σ_data²)/(σ σ_data)² · c_out² = 1."""
        return torch.ones_like(t)
