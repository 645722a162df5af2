"""Sliced Wasserstein distance: a mean over directions of the one-dimensional distance, which sorting solves exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from bench.metrics._arrays import each_seed, finite
from bench.metrics.base import FeatureMetric
from bench.plugins.ranges import AtLeastOne, Count

LEAST = 1e-12  # of the largest variance: a direction below it is constant


def directions(dimensions: int, count: int) -> Tensor:
    """Unit vectors [F, count] float64, the same at every call: evenly spaced in the plane, else a fixed draw."""
    if dimensions == 2:
        angle = torch.arange(count, dtype=torch.float64) * (torch.pi / count)
        return torch.stack([angle.cos(), angle.sin()])
    draw = torch.randn(dimensions, count, dtype=torch.float64, generator=torch.Generator().manual_seed(2011))
    return torch.nn.functional.normalize(draw, dim=0)


def sliced_wasserstein(
    fake: Tensor, real: Tensor, *, projections: int = 128, p: float = 2.0, whitened: bool = False
) -> Tensor:
    """(mean over directions u of W_p(u·x, u·y)^p)^(1/p), in the units of the features; [..., N, F], [M, F] -> [...].

    Exact in one dimension for any N and M: the difference of quantile functions, piecewise constant between the levels
    i/N and j/M. `whitened`: in coordinates in which the covariance of the real features is I, so in their standard
    deviations. Source: Rabin et al. 2011; Bonneel et al. 2015 (sliced barycentres). Raises NonFinite.
    """
    finite(real, "real features")
    if whitened:
        mean, whiten = whitening(real)
        fake, real = ((finite(x, "features").double() - mean) @ whiten for x in (fake, real))
    u = directions(real.shape[1], projections).to(real.device)
    y = (real.double() @ u).sort(0).values
    i, j, weight = (t.to(real.device) for t in levels(fake.shape[-2], len(real)))

    def one(x: Tensor) -> Tensor:
        gaps = ((x @ u).sort(0).values[i] - y[j]).abs().pow(p)  # [levels, projections]
        return (weight @ gaps).mean().pow(1 / p)

    return each_seed(one, fake)


def levels(n: int, m: int) -> tuple[Tensor, Tensor, Tensor]:
    """The common refinement of 1/n and 1/m steps on [0, 1]: index into n, index into m, width; all [L]."""
    ends = torch.unique(torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]))  # in units of 1/(n m)
    starts = torch.cat([ends.new_zeros(1), ends[:-1]])
    return starts // m, starts // n, (ends - starts).double() / (n * m)


@dataclass(frozen=True, kw_only=True)
class SlicedWasserstein(FeatureMetric):
    """Sliced Wasserstein distance: `sliced_wasserstein`, in the units of the data."""

    higher_is_better: ClassVar[bool] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    scale: ClassVar[Literal["linear", "log"]] = "log"
    column: ClassVar[str] = "sliced_wasserstein"
    bare: ClassVar[bool] = True

    projections: Count = 128
    p: AtLeastOne = 2.0
    # in coordinates in which the real data's covariance is I: a thin direction counts as any other
    whitened: bool = field(default=False, metadata={"added": True})

    def names(self) -> tuple[str, ...]:
        return (self.named(f"{self.column}_whitened" if self.whitened else self.column),)

    def summarise(self, real: Tensor) -> dict[str, Tensor]:
        if not self.whitened:
            return super().summarise(real)  # type: ignore[no-any-return]
        mean, whiten = whitening(real)
        return {"features": (real.double() - mean) @ whiten, "mean": mean, "whiten": whiten}

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        x = finite(fake, "fakes")
        if self.whitened:
            x = (x.double() - real["mean"]) @ real["whiten"]
        (name,) = self.names()
        return {name: sliced_wasserstein(x, real["features"], projections=self.projections, p=self.p)}


def whitening(real: Tensor) -> tuple[Tensor, Tensor]:
    """The mean [F] of real features [M, F], and W [F, F] with Cov((x - mean) W) = I; constant directions are left out (0)."""
    x = finite(real, "real features").double()
    values, vectors = torch.linalg.eigh(torch.cov(x.T).reshape(x.shape[1], x.shape[1]))
    kept = values > values.max() * LEAST
    return x.mean(0), vectors * torch.where(kept, values.clamp(min=LEAST * values.max()).rsqrt(), 0.0)
