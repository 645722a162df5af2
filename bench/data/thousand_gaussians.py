"""A thousand Gaussians in space: many modes that need no classifier to be told apart."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from bench.data._synthetic import Clusters, round_gaussians
from bench.data.base import GaussianMixture


@dataclass(frozen=True, kw_only=True)
class ThousandGaussians(Clusters):
    """side³ equal Gaussians on a cubic lattice about the origin, `spacing` apart: 1000 unless told. x [N, 3].

    Our own set-up: as many modes as stacked digits have (Metz et al. 2017), in the geometry of the 5 × 5 grid (2 apart,
    standard deviation 0.05). A perfect sampler scores a high-quality rate of 0.9707 (three dimensions, 3 std).
    """

    side: int = 10
    spacing: float = 2.0
    std: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(self.side >= 1, f"side={self.side} must be at least 1")
        self.require(self.std > 0, f"std={self.std} must be positive")

    def mixture(self) -> GaussianMixture:
        line = self.spacing * (torch.arange(self.side, dtype=torch.float64) - (self.side - 1) / 2)
        return round_gaussians(torch.cartesian_prod(line, line, line), self.std)
