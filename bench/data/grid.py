"""Gaussians on a square grid."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from bench.data._synthetic import Clusters, round_gaussians
from bench.data.base import GaussianMixture


@dataclass(frozen=True, kw_only=True)
class Grid(Clusters):
    """side² equal Gaussians, `spacing` apart, centred on the origin.

    The defaults are the set-up of Lin et al. 2018 (PacGAN), after Srivastava et al. 2017 (VEEGAN): 25 modes, 2 apart,
    standard deviation 0.05. x [N, 2].
    """

    side: int = 5
    spacing: float = 2.0
    std: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(self.side >= 1, f"side={self.side} must be at least 1")
        self.require(self.std > 0, f"std={self.std} must be positive")

    def mixture(self) -> GaussianMixture:
        line = self.spacing * (torch.arange(self.side, dtype=torch.float64) - (self.side - 1) / 2)
        return round_gaussians(torch.cartesian_prod(line, line), self.std)
