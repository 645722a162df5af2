"""Modes that run into one another, so that samples in between are hard to tell."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import torch

from bench.data._synthetic import Clusters, round_gaussians
from bench.data.base import GaussianMixture
from bench.plugins.ranges import Inner, Modes, Positive


@dataclass(frozen=True, kw_only=True)
class Overlapping(Clusters):
    """`modes` equal Gaussians in a row; two neighbours share the area `overlap` under their densities. x [N, 2].

    Two Gaussians of one std at distance δ share an area of 2 Φ(-δ / 2 std), so δ = -2 std Φ⁻¹(overlap / 2)
    (the overlapping coefficient: Inman & Bradley 1989). Towards 1 the modes merge, towards 0 they part. Our own
    set-up.
    A sample counts within 3 std of its nearest mode: where δ < 6 std (overlap > 0.0027), every point of the line
    between neighbours counts.
    """

    modes: Modes = 3
    overlap: Inner = 0.05
    std: Positive = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(self.modes >= 1, f"modes={self.modes} must be at least 1")
        self.require(0 < self.overlap < 1, f"overlap={self.overlap} must lie between 0 and 1")
        self.require(self.std > 0, f"std={self.std} must be positive")

    @property
    def apart(self) -> float:
        """Distance δ between neighbouring means, in the units of the data."""
        return -2 * self.std * NormalDist().inv_cdf(self.overlap / 2)

    def mixture(self) -> GaussianMixture:
        place = self.apart * (torch.arange(self.modes, dtype=torch.float64) - (self.modes - 1) / 2)
        return round_gaussians(torch.stack([place, torch.zeros_like(place)], 1), self.std)
