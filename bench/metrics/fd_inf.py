"""Fréchet distance at infinitely many fakes: extrapolated from what it is at several numbers of them.

The bias of a plain Fréchet distance falls as 1/N and depends on the generator, which can turn a ranking at small N.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor

from bench.metrics._arrays import each_seed
from bench.metrics.base import FeatureMetric
from bench.metrics.frechet import frechet_to, gaussian
from bench.plugins.ranges import AtLeastTwo, Range


def fd_inf(fake: Tensor, real: Tensor, *, points: int = 6) -> Tensor:
    """The intercept of a straight line through (1/N', d²(N' of the fakes)), N' evenly from N/2 to N.

    fake [..., N, F], real [M, F] -> [...] float64. The real side's own bias, at M, remains. It may fall below zero.
    Source: Chong & Forsyth 2020 (there 15 points from 5000 on). Raises NonFinite.
    """
    return _extrapolate(fake, gaussian(real), points)


def _extrapolate(fake: Tensor, real: Mapping[str, Tensor], points: int) -> Tensor:
    if points < 2:
        raise ValueError("a line needs two points")
    n = fake.shape[-2]
    sizes = torch.linspace(n / 2, n, points).round().long().tolist()
    source = torch.Generator().manual_seed(2020)
    orders = [torch.randperm(n, generator=source)[:size].to(fake.device) for size in sizes]

    def one(x: Tensor) -> Tensor:
        values = torch.stack([frechet_to(x[order], real) for order in orders])
        inverse = 1 / torch.tensor(sizes, dtype=x.dtype, device=x.device)
        gaps = inverse - inverse.mean()
        return values.mean() - (gaps * values).sum() / gaps.square().sum() * inverse.mean()

    return each_seed(one, fake)


@dataclass(frozen=True, kw_only=True)
class FdInf(FeatureMetric):
    """Extrapolated Fréchet distance: `fd_inf_<space>`."""

    higher_is_better: ClassVar[bool] = False
    column: ClassVar[str] = "fd_inf"

    n: Annotated[int, Range(4)] = 10_000  # half of it still has a covariance
    points: AtLeastTwo = 6

    def summarise(self, real: Tensor) -> dict[str, Tensor]:
        return gaussian(real)

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {self.named(self.column): _extrapolate(fake, real, self.points)}
