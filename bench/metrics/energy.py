"""Energy distance, unbiased: the MMD of the kernel -‖x - y‖, which has no bandwidth to choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from bench.metrics._arrays import each_seed, finite
from bench.metrics._exact_distances import centre
from bench.metrics._kernel_means import among, between, squared
from bench.metrics.base import FeatureMetric
from bench.plugins.ranges import AtLeastTwo


def energy(fake: Tensor, real: Tensor) -> Tensor:
    """2 E‖x - y‖ - E‖x - x'‖ - E‖y - y'‖ over distinct pairs; fake [..., N, F], real [M, F] -> [...] float64.

    In the units of the features; unbiased, so below zero at times. Source: Székely & Rizzo 2013. Raises NonFinite.
    """
    return energy_to(fake, energy_side(real))


def energy_side(real: Tensor) -> dict[str, Tensor]:
    """Real features [M, F] and the mean distance among them."""
    (y,) = centre(finite(real, "real features"), on=real)
    return {"features": real, "own": among(_distance, y)}


def energy_to(fake: Tensor, real: Mapping[str, Tensor]) -> Tensor:
    """The same, to a real side that was summed up by `energy_side`."""

    def one(x: Tensor) -> Tensor:
        x, y = centre(x, real["features"], on=real["features"])
        return 2 * between(_distance, x, y) - among(_distance, x) - real["own"]

    return each_seed(one, fake)


def _distance(x: Tensor, y: Tensor) -> Tensor:
    return squared(x, y).sqrt_()


@dataclass(frozen=True, kw_only=True)
class Energy(FeatureMetric):
    """Energy distance: `energy`, in the units of the data."""

    higher_is_better: ClassVar[bool] = False
    column: ClassVar[str] = "energy"
    bare: ClassVar[bool] = True

    n: AtLeastTwo = 10_000

    def summarise(self, real: Tensor) -> dict[str, Tensor]:
        return energy_side(real)

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {self.named(self.column): energy_to(fake, real)}
