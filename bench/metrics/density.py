"""Density: in how many balls of real samples a fake lies, over k.

About 1 for fakes of the real law; above 1 where fakes crowd into the densest regions. A ball reaches up to the k-th
nearest other real sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from bench.data.base import Data
from bench.metrics._accumulate import TwoSample
from bench.metrics._manifold import density_coverage, real_radii, too_few
from bench.metrics.base import FeatureScore


def density(fake: Tensor, real: Tensor, k: int = 5) -> Tensor:
    """1/(kN) Σᵢⱼ [fake i lies in the ball of real j]; fake [..., N, F], real [M, F] -> [...] float64.

    Source: Naeem et al. 2020, eq. 5. Raises NonFinite.
    """
    return density_coverage(fake, real, real_radii(real, k), k)[..., 0]


class DensityMetric(TwoSample):
    """`density` as a torchmetrics metric."""

    higher_is_better = True

    def __init__(self, *, k: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.k = k

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return density(fake, real, self.k)


@dataclass(frozen=True, kw_only=True)
class Density(FeatureScore):
    """Density in a feature space: `density_<space>`."""

    higher_is_better: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    column: ClassVar[str] = "density"

    k: int = 5  # neighbours that make a ball

    def refuses(self, data: Data) -> str | None:
        return too_few(data, self.k) or super().refuses(data)

    def recipe(self) -> tuple[object, ...]:
        return ("manifold", self.space, self.k)

    def summarise(self, real: Tensor) -> dict[str, Tensor]:
        return {"features": real, "balls": real_radii(real, self.k)}

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        both = density_coverage(fake, real["features"], real["balls"], self.k)
        return {self.named(self.column): both[..., 0]}
