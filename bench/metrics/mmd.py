"""Maximum mean discrepancy with a Gaussian kernel, squared and unbiased."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from bench.metrics._arrays import each_seed, finite
from bench.metrics._exact_distances import centre
from bench.metrics._kernel_means import Kernel, among, between, squared
from bench.metrics.base import FeatureMetric, pick
from bench.plugins.ranges import AtLeastTwo, Positive


def mmd(fake: Tensor, real: Tensor, bandwidth: float | Tensor | None = None) -> Tensor:
    """mean k(x, x') + mean k(y, y') - 2 mean k(x, y), over distinct pairs, k = exp(-‖x - y‖²/2h²).

    fake [..., N, F], real [M, F] -> [...] float64; h in the units of the features, by default `median_distance(real)`.
    Unbiased, so below zero at times. Where the real samples are one point the bandwidth is 0 and there is no number
    (NaN, null in a record): give one. Source: Gretton et al. 2012, eq. 3. Raises NonFinite.
    """
    return mmd_to(fake, mmd_side(real, bandwidth))


def mmd_side(real: Tensor, bandwidth: float | Tensor | None = None) -> dict[str, Tensor]:
    """Real features [M, F], the bandwidth, and the mean kernel among them."""
    (y,) = centre(finite(real, "real features"), on=real)
    width = median_distance(real) if bandwidth is None else torch.as_tensor(bandwidth, dtype=y.dtype, device=y.device)
    return {"features": real, "bandwidth": width, "own": among(gaussian(width), y)}


def mmd_to(fake: Tensor, real: Mapping[str, Tensor]) -> Tensor:
    """The same, to a real side that was summed up by `mmd_side`."""
    kernel = gaussian(real["bandwidth"])

    def one(x: Tensor) -> Tensor:
        x, y = centre(x, real["features"], on=real["features"])
        return among(kernel, x) + real["own"] - 2 * between(kernel, x, y)

    return each_seed(one, fake)


def gaussian(bandwidth: Tensor) -> Kernel:
    return lambda x, y: squared(x, y).div_(-2 * bandwidth**2).exp_()


def median_distance(real: Tensor) -> Tensor:
    """The median distance between two of (at most 1000 of) the real samples [M, F]: the usual bandwidth."""
    (y,) = centre(pick(real, 1000), on=real)
    return torch.nn.functional.pdist(y).median()


@dataclass(frozen=True, kw_only=True)
class Mmd(FeatureMetric):
    """Squared MMD with a Gaussian kernel: `mmd`."""

    higher_is_better: ClassVar[bool] = False
    bounds: ClassVar[tuple[float, float]] = (float("-inf"), 2.0)
    column: ClassVar[str] = "mmd"
    bare: ClassVar[bool] = True

    n: AtLeastTwo = 10_000

    bandwidth: Positive | None = None  # None: the median distance between real samples

    def summarise(self, real: Tensor) -> dict[str, Tensor]:
        return mmd_side(real, self.bandwidth)

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {self.named(self.column): mmd_to(fake, real)}
