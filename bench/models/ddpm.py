"""Denoising diffusion, variance preserving, in discrete or continuous time: x_t = √ᾱ x0 + √(1-ᾱ) ε."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from math import exp, expm1, sqrt
from typing import Literal

from torch import Tensor

from bench.diffusion.base import Diffusion
from bench.diffusion.draws import DRAWS
from bench.diffusion.paths import GaussianPath, Level
from bench.diffusion.samplers import ANCESTRAL, SAMPLERS, Sampler, Step, ddim, staircase
from bench.diffusion.schedules import look_up, table, vp, vp_log_signal
from bench.diffusion.targets import TARGETS
from bench.diffusion.weights import NO_LAST_LEVEL, WEIGHTS
from bench.plugins.ranges import Count, Inner, Positive, Share
from bench.training.rng import Rng

TIMESTEPS, BETA_MIN, BETA_MAX, T_MIN = 1000, 0.1, 20.0, 1e-5


@dataclass(frozen=True, kw_only=True)
class DDPM(Diffusion):
    """E_t w(t) ‖guess(x_t, t) - target‖². Source: Ho et al. 2020, eq. 14; Salimans & Ho 2022 for the targets.

    Step k of T is t = k/T in (0, 1] for the network; t = 0 is clean data. `sample_steps` of the T steps are visited,
    evenly spaced and from the noisiest (`ancestral` with sample_steps = timesteps is algorithm 2 of Ho et al.); `eta`
    belongs to `ddim`, and `variance` to `ancestral`: the noise of a step from t to s, both on the way, has the variance
    β = 1 - ᾱ_t/ᾱ_s (`beta`: exact where the data is N(0, I)) or β (1 - ᾱ_s)/(1 - ᾱ_t) (`posterior`: exact where it is one
    point); Ho et al. 2020, section 3.2, and for steps that are left out Nichol & Dhariwal 2021, eq. 19.
    `clip` keeps every guess of x0 within the range of the data (as it is trained on) while sampling, as the published code
    of Ho et al. does: where little signal is left, a small error of ε is a large one of x0.
    `schedule=vp` is the VP SDE in continuous time, ᾱ(t) = exp(-½ t² (beta_max - beta_min) - t beta_min): training draws t
    from (t_min, 1], sampling takes equal steps of t from 1 to 0, and there is no `timesteps`. Source: Song et al. 2021,
    eqs. 32 and 33, and appendix C (.1, 20 and 1e-5).
    `zero_snr` makes the last step pure noise (Lin et al. 2024), from which no ε can tell x0: it needs another target.
    """

    target: Literal["eps", "x0", "v"] = "eps"
    schedule: Literal["linear", "cosine", "sigmoid", "vp"] = "linear"
    beta_min: Positive = BETA_MIN
    beta_max: Positive = BETA_MAX
    t_min: Inner = T_MIN
    zero_snr: bool = False
    timesteps: Count = TIMESTEPS
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
        if self.zero_snr and self.weighting in ("min_snr", "p2"):
            raise ValueError(f"weighting={self.weighting}: {NO_LAST_LEVEL}")
        if self.eta and self.sampler != "ddim":
            raise ValueError(f"eta={self.eta} belongs to sampler=ddim, not to {self.sampler}")
        if self.variance != "posterior" and self.sampler != "ancestral":
            raise ValueError(f"variance={self.variance} belongs to sampler=ancestral, not to {self.sampler}")
        if self.schedule == "vp":
            self._check_continuous()
        elif (self.beta_min, self.beta_max, self.t_min) != (BETA_MIN, BETA_MAX, T_MIN):
            raise ValueError(f"beta_min, beta_max and t_min belong to schedule=vp, not to {self.schedule}")
        elif self.sample_steps > self.timesteps:
            raise ValueError(f"sample_steps={self.sample_steps} is more than timesteps={self.timesteps}")

    def _check_continuous(self) -> None:
        if self.zero_snr or self.timesteps != TIMESTEPS:
            raise ValueError("schedule=vp is continuous in time: zero_snr and timesteps belong to the other schedules")
        if self.beta_min > self.beta_max:
            raise ValueError(f"beta_min={self.beta_min:g} is more than beta_max={self.beta_max:g}")
        if self.sample_steps * self.t_min > 1:
            raise ValueError(
                f"sample_steps={self.sample_steps} begins its last step below t_min={self.t_min:g}, where nothing is trained"
            )

    @property
    def path(self) -> GaussianPath:
        if self.schedule == "vp":
            return GaussianPath(partial(vp, self.beta_min, self.beta_max), TARGETS[self.target])
        return GaussianPath(partial(look_up, self.schedule, self.timesteps, self.zero_snr), TARGETS[self.target])

    @cached_property
    def bounds(self) -> tuple[float, float] | None:
        """The smallest and the largest number in the data as it is trained on, with `clip`."""
        assert self.data is not None, "build(data) first"
        return (float(self.data.x.min()), float(self.data.x.max())) if self.clip else None

    @property
    def walker(self) -> Sampler:
        return (SAMPLERS | {"ddim": ddim(self.eta), "ancestral": ANCESTRAL[self.variance]})[self.sampler]

    @property
    def prior(self) -> float:
        return 1.0

    def steps(self) -> Sequence[Step]:
        if self.schedule == "vp":
            return staircase([self._level(1 - k / self.sample_steps) for k in range(self.sample_steps + 1)])
        alpha, sigma = table(self.schedule, self.timesteps, self.zero_snr).tolist()
        visited = [round(self.timesteps * (1 - k / self.sample_steps)) for k in range(self.sample_steps + 1)]
        return staircase([Level(k / self.timesteps, alpha[k], sigma[k]) for k in visited])

    def _level(self, t: float) -> Level:
        """A level in continuous time."""
        log_signal = vp_log_signal(t, self.beta_min, self.beta_max)
        return Level(t, exp(log_signal / 2), sqrt(-expm1(log_signal)))

    def times(self, n: int, rng: Rng) -> Tensor:
        if self.schedule == "vp":
            return 1 - (1 - self.t_min) * DRAWS[self.draw](n, rng)  # u in [0, 1) -> t in (t_min, 1]
        k = (DRAWS[self.draw](n, rng) * self.timesteps).floor().clamp(max=self.timesteps - 1)
        return (k + 1) / self.timesteps

    def weight(self, t: Tensor) -> Tensor:
        return WEIGHTS[self.weighting](self.path, t)
