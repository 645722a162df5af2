"""Flow matching on straight lines: x_t = t·data + (1 - t)·noise, velocity u = data - noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from bench.diffusion.base import Diffusion
from bench.diffusion.draws import DRAWS
from bench.diffusion.paths import GaussianPath, Level
from bench.diffusion.samplers import SAMPLERS, Sampler, Step, staircase
from bench.diffusion.targets import velocity
from bench.plugins.ranges import Repeats
from bench.training.rng import Rng


@dataclass(frozen=True, kw_only=True)
class Flow(Diffusion):
    """E_t ‖u(x_t, t) - (x1 - x0)‖² with x1 data, x0 noise and t uniform.

    Source: Lipman et al. 2023, eq. 23; Liu et al. 2023, eq. 1. Here t = 1 is DATA and t = 0 is noise, the literature's
    convention and the reverse of DDPM's: code that needs a noise level asks the path for its signal-to-noise ratio.
    Coupling is independent; noise and data of a batch can be re-paired by a stabilizer.
    Sampling solves dx = u dt on an even grid. `heun` is Heun's method in every step: at t = 1 the velocity is finite, and
    the network is trained up to there (see samplers.py); it costs two evaluations a step.
    """

    draw: Literal["uniform", "stratified", "low_discrepancy", "antithetic", "logit_normal"] = "uniform"
    sampler: Literal["euler", "heun", "dpmpp_2m", "ancestral"] = "heun"
    sample_steps: Repeats = 25

    @property
    def path(self) -> GaussianPath:
        return GaussianPath(lambda t: (t, 1 - t), velocity)

    @property
    def walker(self) -> Sampler:
        return SAMPLERS["heun_to_the_end" if self.sampler == "heun" else self.sampler]

    @property
    def prior(self) -> float:
        return 1.0

    def steps(self) -> Sequence[Step]:
        times = [k / self.sample_steps for k in range(self.sample_steps + 1)]
        return staircase([Level(t, t, 1 - t) for t in times])

    def times(self, n: int, rng: Rng) -> Tensor:
        return DRAWS[self.draw](n, rng)

    def weight(self, t: Tensor) -> Tensor:
        return torch.ones_like(t)
