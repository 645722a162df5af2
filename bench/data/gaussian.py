"""One Gaussian: score and optimal denoiser are known in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from bench.data._synthetic import Clusters
from bench.data.base import GaussianMixture
from bench.plugins.ranges import Signed


@dataclass(frozen=True, kw_only=True)
class Gaussian(Clusters):
    """N(mean, covariance), as the suite writes it: `gaussian(mean=(1, 0), covariance=((1, 0.5), (0.5, 2)))`. x [N, d].

    A single number, `covariance=((v,),)`, means v times the identity. With noise the law is N(mean, covariance + σ² I),
    so score and optimal denoiser are linear in x.
    """

    mean: tuple[Signed, ...] = (0.0, 0.0)
    covariance: tuple[tuple[Signed, ...], ...] = ((1.0,),)

    def __post_init__(self) -> None:
        super().__post_init__()
        d, rows = len(self.mean), self.covariance
        self.require(d >= 1, "mean=() must hold at least one number")
        self.require(
            [len(row) for row in rows] in ([1], [d] * d), f"covariance must be {d} rows of {d} numbers, or ((v,),)"
        )
        covariance = self._covariance()
        self.require(torch.equal(covariance, covariance.T), f"covariance={rows} must be symmetric")
        self.require(
            int(torch.linalg.cholesky_ex(covariance).info) == 0, f"covariance={rows} must be positive definite"
        )

    def _covariance(self) -> torch.Tensor:
        given = torch.tensor(self.covariance, dtype=torch.float64)
        return given * torch.eye(len(self.mean), dtype=torch.float64) if given.numel() == 1 else given

    def mixture(self) -> GaussianMixture:
        return GaussianMixture(
            means=torch.tensor([self.mean], dtype=torch.float64),
            covariances=self._covariance()[None],
            weights=torch.ones(1, dtype=torch.float64),
        )
