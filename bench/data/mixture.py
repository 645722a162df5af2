"""A few Gaussians, written out in the suite."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from bench.data._synthetic import Clusters, round_gaussians
from bench.data.base import GaussianMixture
from bench.plugins.ranges import NonNegative, Signed


@dataclass(frozen=True, kw_only=True)
class Mixture(Clusters):
    """Round Gaussians: `mixture(means=((-2, 0), (2, 0)), std=(0.5, 1), weights=(3, 1))`. x [N, d].

    One number in `std` serves all; no `weights` are equal weights; weights need not sum to 1.
    """

    means: tuple[tuple[Signed, ...], ...] = ((-2.0, 0.0), (2.0, 0.0))
    std: tuple[NonNegative, ...] = (0.5,)
    weights: tuple[NonNegative, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        modes = len(self.means)
        self.require(modes >= 1, "means=() must hold at least one mean")
        widths = {len(mean) for mean in self.means}
        self.require(
            len(widths) == 1 and widths != {0}, "means must be tuples of one length, such as ((-2, 0), (2, 0))"
        )
        self.require(len(self.std) in (1, modes), f"std must hold 1 or {modes} numbers, not {len(self.std)}")
        self.require(min(self.std) > 0, f"std={self.std} must be positive")
        self.require(len(self.weights) in (0, modes), f"weights must hold {modes} numbers, not {len(self.weights)}")
        self.require(all(w > 0 for w in self.weights), f"weights={self.weights} must be positive")

    def mixture(self) -> GaussianMixture:
        return round_gaussians(torch.tensor(self.means, dtype=torch.float64), self.std, self.weights or None)
