"""Kernel distance: the unbiased squared MMD with the kernel (x·y/F + 1)³; `kid_inception` is what papers call KID.

All pairs are used (the full U-statistic): steadier than the literature's mean over random subsets, which is an option.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from bench.metrics._arrays import each_seed, finite
from bench.metrics._kernel_means import among, between
from bench.metrics._pairwise import KERNEL, PairMetric, Want, side, survey
from bench.plugins.ranges import AtLeastTwo, Whole


def cubic(x: Tensor, y: Tensor) -> Tensor:
    """(x·y/F + 1)³ [N, M]."""
    base = (x @ y.T).div_(x.shape[1]).add_(1)
    return base.square() * base


def kid(fake: Tensor, real: Tensor, *, subsets: int = 0, size: int = 1000) -> Tensor:
    """mean k(x, x') + mean k(y, y') - 2 mean k(x, y), over distinct pairs; fake [..., N, F], real [M, F] -> [...].

    Unbiased, so below zero at times. `subsets` > 0: its mean over that many pairs of random subsets of `size` (drawn
    anew from a fixed key, the global random state is left as it was). Source: Bińkowski et al. 2018. Raises NonFinite.
    """
    if subsets == 0:
        return _all_pairs(fake, side(real, k=0))
    y = finite(real, "real features").double()
    if size > min(fake.shape[-2], len(y)):
        raise ValueError(
            f"subsets of {size} need as many samples; there are {fake.shape[-2]} fakes and {len(y)} real ones"
        )

    def one(x: Tensor) -> Tensor:
        source = torch.Generator().manual_seed(2018)
        values = []
        for _ in range(subsets):
            a, b = (torch.randperm(len(z), generator=source)[:size].to(z.device) for z in (x, y))
            values.append(_mmd(x[a], y[b], among(cubic, y[b])))
        return torch.stack(values).mean()

    return each_seed(one, fake)


def _all_pairs(fake: Tensor, real: Mapping[str, Tensor]) -> Tensor:
    means = survey(fake, real, [KERNEL])[KERNEL]
    return means[..., 0] + real["own"] - 2 * means[..., 1]


def _mmd(x: Tensor, y: Tensor, own: Tensor) -> Tensor:
    return among(cubic, x) + own - 2 * between(cubic, x, y)


@dataclass(frozen=True, kw_only=True)
class Kid(PairMetric):
    """Kernel distance in a feature space: `kid_<space>`."""

    higher_is_better: ClassVar[bool] = False
    column: ClassVar[str] = "kid"

    n: AtLeastTwo = 10_000

    subsets: Whole = 0  # 0: all pairs
    size: AtLeastTwo = 1000  # samples of a subset

    def __post_init__(self) -> None:
        if self.subsets and self.n < self.size:
            raise ValueError(f"n={self.n} samples hold no subset of size={self.size}")

    def wants(self) -> Want:
        return KERNEL

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        if self.subsets == 0:
            return {self.named(self.column): _all_pairs(fake, real)}
        return {self.named(self.column): kid(fake, real["features"], subsets=self.subsets, size=self.size)}
