"""Gaussians on a circle."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from bench.data._synthetic import Clusters, round_gaussians
from bench.data.base import GaussianMixture
from bench.plugins.ranges import Modes, Positive


@dataclass(frozen=True, kw_only=True)
class Ring(Clusters):
    """`modes` equal Gaussians at angles 2πk/modes, k = 0 … modes-1, so that no two coincide.

    The defaults are the set-up of Lin et al. 2018 (PacGAN), after Srivastava et al. 2017 (VEEGAN): 8 modes, radius 1,
    standard deviation 0.01. Metz et al. 2017 (unrolled GAN) use radius 2 and 0.02: `ring(radius=2.0, std=0.02)`.
    The two are not the same task in different units. x [N, 2].
    """

    modes: Modes = 8
    radius: Positive = 1.0
    std: Positive = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(self.modes >= 1, f"modes={self.modes} must be at least 1")
        self.require(self.std > 0, f"std={self.std} must be positive")

    def mixture(self) -> GaussianMixture:
        angle = 2 * math.pi * torch.arange(self.modes, dtype=torch.float64) / self.modes
        return round_gaussians(self.radius * torch.stack([angle.cos(), angle.sin()], 1), self.std)
