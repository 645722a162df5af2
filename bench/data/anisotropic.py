"""One Gaussian, long in one direction and thin in another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from bench.data._synthetic import Clusters
from bench.data.base import GaussianMixture, keyed
from bench.plugins.ranges import AtLeastOne, Repeats


@dataclass(frozen=True, kw_only=True)
class Anisotropic(Clusters):
    """A Gaussian about the origin with condition number λ_max / λ_min = `condition`. x [N, dimension].

    The eigenvalues of its covariance fall geometrically from 1 to 1/condition along the axes of a fixed rotation, so
    that no coordinate is an eigenvector and whitening has work to do. Our own set-up.
    """

    condition: AtLeastOne = 100.0
    dimension: Repeats = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(self.condition >= 1, f"condition={self.condition} must be at least 1")
        self.require(self.dimension >= 2, f"dimension={self.dimension} must be at least 2")
        self.require_room(self.dimension)

    def mixture(self) -> GaussianMixture:
        d = self.dimension
        values = torch.logspace(0, -1, d, base=self.condition, dtype=torch.float64)
        square = keyed(self.word, "rotation").standard_normal((d, d))
        axes = torch.from_numpy(np.linalg.qr(square)[0])
        return GaussianMixture(
            means=torch.zeros(1, d, dtype=torch.float64),
            covariances=(axes * values @ axes.T)[None],
            weights=torch.ones(1, dtype=torch.float64),
        )
