"""Maximum mean discrepancy over eight bandwidths: one number that ranks every way in which a generator fails.

A single bandwidth is blind to what is much smaller or larger than itself; a distance of transport forgives modes that
are too wide, counts forgive modes that are too narrow. The mean over bandwidths from the scale of the whole down to a
hundredth of it forgives neither, and needs no density, modes or classifier.
"""

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
from bench.metrics.mmd import median_distance
from bench.plugins.ranges import AtLeastTwo, Count

OCTAVES = 8
CACHED = 1 << 15  # numbers that are gone over many times while they are near
REAL = 2  # real samples for each fake one at the most: they cost once and steady the number


def mmd_multiscale(fake: Tensor, real: Tensor, octaves: int = OCTAVES) -> Tensor:
    """Mean over h = m, m/2, …, m/2^(octaves-1) of the unbiased MMD² with the kernel exp(-‖x - y‖²/2h²).

    m is the median distance between real samples. fake [..., N, F], real [M, F] -> [...] float64, at most 2; unbiased,
    so below zero at times. Where the real samples are one point m is 1, in the units of the data.
    Source: Gretton et al. 2012 (a kernel two-sample test), eq. 3, and section 8 on sums of kernels. Raises NonFinite.
    """
    return mmd_multiscale_to(fake, multiscale_side(real, octaves), octaves)


def multiscale_side(real: Tensor, octaves: int) -> dict[str, Tensor]:
    """Real features [M, F], the largest bandwidth, and the mean kernel among them."""
    (y,) = centre(finite(real, "real features"), on=real)
    width = median_distance(real)
    width = torch.where(width > 0, width, 1.0)
    return {"features": real, "bandwidth": width, "own": among(multiscale(width, octaves), y)}


def mmd_multiscale_to(fake: Tensor, real: Mapping[str, Tensor], octaves: int) -> Tensor:
    """The same, to a real side that was summed up by `multiscale_side`."""
    kernel = multiscale(real["bandwidth"], octaves)

    def one(x: Tensor) -> Tensor:
        (own,) = centre(x, on=x)  # far from the real samples, rounding would tear a point apart
        x, y = centre(x, real["features"], on=real["features"])
        return among(kernel, own) + real["own"] - 2 * between(kernel, x, y)

    return each_seed(one, fake)


def multiscale(width: Tensor, octaves: int) -> Kernel:
    """The mean of Gaussian kernels; each next narrower one is the fourth power of the one before."""

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        total = squared(x, y).div_(-2 * width**2)
        for rows in torch.split(total, max(1, CACHED // total.shape[1])):
            values = rows.exp_().clone()
            for _ in range(octaves - 1):
                rows += values.square_().square_()
        return total.div_(octaves)

    return kernel


@dataclass(frozen=True, kw_only=True)
class MmdMultiscale(FeatureMetric):
    """Squared MMD averaged over bandwidths: `mmd_multiscale`; what quality is measured by unless a suite says otherwise."""

    higher_is_better: ClassVar[bool] = False
    bounds: ClassVar[tuple[float, float]] = (float("-inf"), 2.0)
    column: ClassVar[str] = "mmd_multiscale"
    bare: ClassVar[bool] = True

    n: AtLeastTwo = 1000
    octaves: Count = OCTAVES

    def summarise(self, real: Tensor) -> dict[str, Tensor]:
        return multiscale_side(pick(real, REAL * self.n), self.octaves)

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {self.named(self.column): mmd_multiscale_to(fake, real, self.octaves)}
