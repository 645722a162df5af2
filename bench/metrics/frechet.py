"""Fréchet distance between Gaussians fitted to two sets of features; `fd_inception` is what papers call FID.

d² = ‖μ₁ - μ₂‖² + tr(S₁ + S₂ - 2 (S₁^½ S₂ S₁^½)^½), S with N - 1, in float64, from symmetric eigenvalues. No ε is
added. With few samples (N <= F) the trace is that of the samples' own factors, whose singular values lose no digits to
the null space.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from bench.metrics._arrays import each_seed, finite
from bench.metrics.base import FeatureMetric
from bench.plugins.ranges import AtLeastTwo


def frechet(fake: Tensor, real: Tensor) -> Tensor:
    """Fréchet distance d² (the field reports the square) of fake [..., N, F] and real [M, F] -> [...] float64.

    Source: Heusel et al. 2017, eq. 6; Dowson & Landau 1982. Raises NonFinite; ValueError with fewer than two samples.
    """
    return frechet_to(fake, gaussian(real))


def gaussian(real: Tensor) -> dict[str, Tensor]:
    """Mean [F], a root R with RᵀR = S ([F, F], or [M, F] of few samples) and the trace of S, of features [M, F]."""
    mean, gaps = _gaps(finite(real, "real features").double())
    if len(gaps) > gaps.shape[1]:
        covariance = _gram(gaps) / (len(gaps) - 1)
        return {"mean": mean, "root": _root(covariance), "trace": covariance.trace()}
    gaps /= (len(gaps) - 1) ** 0.5
    return {"mean": mean, "root": gaps, "trace": gaps.square().sum()}


def frechet_to(fake: Tensor, real: Mapping[str, Tensor]) -> Tensor:
    """The same, to a real side that was summed up by `gaussian`."""

    def one(x: Tensor) -> Tensor:
        mean, gaps = _gaps(x)
        if len(gaps) > gaps.shape[1]:
            covariance = _gram(gaps) / (len(gaps) - 1)
            inner = real["root"] @ covariance @ real["root"].T
            trace, overlap = covariance.trace(), torch.linalg.eigvalsh((inner + inner.T) / 2).clamp(min=0).sqrt().sum()
        else:
            gaps /= (len(gaps) - 1) ** 0.5
            trace, overlap = gaps.square().sum(), torch.linalg.svdvals(real["root"] @ gaps.T).sum()
        squared: Tensor = (mean - real["mean"]).square().sum() + trace + real["trace"] - 2 * overlap
        return squared.clamp(min=0)  # rounding alone takes it below

    return each_seed(one, fake)


def _gaps(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [F] and x - mean [N, F]."""
    if len(x) < 2:
        raise ValueError("a covariance needs at least two samples")
    mean = x.mean(0)
    return mean, x - mean


def _gram(x: Tensor) -> Tensor:
    """xᵀx [F, F] of x [N, F]; on a CPU by NumPy, whose BLAS computes only half of what is symmetric."""
    if x.device.type != "cpu":
        return x.T @ x
    rows = x.numpy()
    return torch.from_numpy(rows.T @ rows)


def _root(covariance: Tensor) -> Tensor:
    """R with RᵀR = S [F, F]: Cholesky's, or of a singular S from its eigenvectors."""
    root: Tensor
    root, failed = torch.linalg.cholesky_ex(covariance, upper=True)
    if bool(failed):
        values, vectors = torch.linalg.eigh(covariance)
        root = values.clamp(min=0).sqrt()[:, None] * vectors.T
    return root


def small_sample_floor(covariance: Tensor, n: int, m: int) -> Tensor:
    """What d² of n and m samples of one Gaussian N(·, S) is on average: its bias, to leading order in 1/n and 1/m.

    tr S (1/n + 1/m) + (1/(n-1) + 1/(m-1)) · ½ Σᵢⱼ λᵢλⱼ(1 + δᵢⱼ)/(λᵢ + λⱼ), λ the eigenvalues of S [F, F]. The second
    term is the expansion of the Bures distance, ½ Σᵢⱼ Δᵢⱼ²/(λᵢ + λⱼ), with the Wishart variance of Δᵢⱼ. Needs n, m well
    above F.
    """
    values = torch.linalg.eigvalsh(covariance.double()).clamp(min=0)
    product, total = values[:, None] * values, values[:, None] + values
    twice = 1 + torch.eye(len(values), dtype=values.dtype, device=values.device)
    spread = torch.where(total > 0, product * twice / total.where(total > 0, 1.0), 0.0).sum() / 2
    floor: Tensor = values.sum() * (1 / n + 1 / m) + spread * (1 / (n - 1) + 1 / (m - 1))
    return floor


@dataclass(frozen=True, kw_only=True)
class Frechet(FeatureMetric):
    """Fréchet distance in a feature space: `fd_<space>`."""

    higher_is_better: ClassVar[bool] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    scale: ClassVar[Literal["linear", "log"]] = "log"
    column: ClassVar[str] = "fd"

    n: AtLeastTwo = 10_000

    def summarise(self, real: Tensor) -> dict[str, Tensor]:
        return gaussian(real)

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {self.named(self.column): frechet_to(fake, real)}
