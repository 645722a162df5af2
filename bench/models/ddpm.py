"""Denoising diffusion in discrete time, variance preserving: x_t = √ᾱ x0 + √(1-ᾱ) ε."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

from torch import Tensor

from bench.diffusion.base import Diffusion
from bench.diffusion.draws import DRAWS
from bench.diffusion.paths import GaussianPath, Level
from bench.diffusion.samplers import ANCESTRAL, SAMPLERS, Sampler, Step, ddim, staircase
from bench.diffusion.schedules import look_up, table
from bench.diffusion.targets import TARGETS
from bench.diffusion.weights import WEIGHTS
from bench.plugins.ranges import Count, Share
from bench.training.rng import Rng


@dataclass(frozen=True, kw_only=True)
class DDPM(Diffusion):
    """E_t w(t) ‖guess(x_t, t) - target‖². Source: Ho et al. 2020, eq. 14; Salimans & Ho 2022 for the targets.

    Step k of T is t = k/T in (0, 1] for the network; t = 0 is clean data. `sample_steps` of the T steps are visited,
    evenly spaced and from the noisiest (`ancestral` with sample_steps = timesteps is algorithm 2 of Ho et al.); `eta`
    belongs to `ddim`, and `variance` to `ancestral`: the noise of a step from t to s, both on the way, has the variance
    β = 1 - ᾱ_t/ᾱ_s (`beta`: exact where the data is N(0, I)) or β (1 - ᾱ_s)/(1 - ᾱ_t) (`posterior`: exact where it is one
    point); Ho et al. 2020, section 3.2, and for steps that are left out Nichol & Dhariwal 2021, eq. 19.
    `clip` keeps every guess of x0 within the range of the data while sampling, as the published code of Ho et al. does:
    where little signal is left, a small error of ε is a large one of x0.
    `zero_snr` makes the last step pure noise (Lin et al. 2024), from which no ε can tell x0: it needs another target.
    """

    target: Literal["eps", "x0", "v"] = "eps"
    schedule: Literal["linear", "cosine", "sigmoid"] = "linear"
    zero_snr: bool = False
    timesteps: Count = 1000
    weighting: Literal["simple", "min_snr", "truncated", "p2"] = "simple"
    draw: Literal["uniform", "stratified", "low_discrepancy", "antithetic", "logit_normal"] = "uniform"
    sampler: Literal["ancestral", "ddim", "heun", "dpmpp_2m"] = "ddim"
    eta: Share = 0.0
    variance: Literal["posterior", "beta"] = "posterior"
    clip: bool = True

    def check(self) -> None:
        if self.zero_snr and self.target == "eps":
            raise ValueError(
                "zero_snr=True leaves no signal at the last step, from which eps can't tell x0: set target=v or x0"
            )
        if self.eta and self.sampler != "ddim":
            raise ValueError(f"eta={self.eta} belongs to sampler=ddim, not to {self.sampler}")
        if self.variance != "posterior" and self.sampler != "ancestral":
            raise ValueError(f"variance={self.variance} belongs to sampler=ancestral, not to {self.sampler}")
        if self.sample_steps > self.timesteps:
            raise ValueError(f"sample_steps={self.sample_steps} is more than timesteps={self.timesteps}")

    @property
    def path(self) -> GaussianPath:
        return GaussianPath(partial(look_up, self.schedule, self.timesteps, self.zero_snr), TARGETS[self.target])

    @cached_property
    def bounds(self) -> tuple[float, float] | None:
        """The smallest and the largest number in the data, with `clip`."""
        assert self.data is not None, "build(data) first"
        return (float(self.data.x.min()), float(self.data.x.max())) if self.clip else None

    @property
    def walker(self) -> Sampler:
        return (SAMPLERS | {"ddim": ddim(self.eta), "ancestral": ANCESTRAL[self.variance]})[self.sampler]

    @property
    def prior(self) -> float:
        return 1.0

    def steps(self) -> Sequence[Step]:
        alpha, sigma = table(self.schedule, self.timesteps, self.zero_snr).tolist()
        visited = [round(self.timesteps * (1 - k / self.sample_steps)) for k in range(self.sample_steps + 1)]
        return staircase([Level(k / self.timesteps, alpha[k], sigma[k]) for k in visited])

    def times(self, n: int, rng: Rng) -> Tensor:
        k = (DRAWS[self.draw](n, rng) * self.timesteps).floor().clamp(max=self.timesteps - 1)
        return (k + 1) / self.timesteps

    def weight(self, t: Tensor) -> Tensor:
        return WEIGHTS[self.weighting](self.path, t)
