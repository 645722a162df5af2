"""Density: in how many balls of real samples a fake lies, over k.

About 1 for fakes of the real law; above 1 where fakes crowd into the densest regions. A ball reaches up to the k-th
nearest other real sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from bench.metrics._pairwise import PairMetric, Want, side, survey, within
from bench.plugins.ranges import Count


def density(fake: Tensor, real: Tensor, k: int = 5) -> Tensor:
    """1/(kN) Σᵢⱼ [fake i lies in the ball of real j]; fake [..., N, F], real [M, F] -> [...] float64.

    Source: Naeem et al. 2020 (Reliable fidelity and diversity metrics). Raises NonFinite.
    """
    return survey(fake, side(real, kernel=False, k=k), [within(k)])[within(k)][..., 1]


@dataclass(frozen=True, kw_only=True)
class Density(PairMetric):
    """Density in a feature space: `density_<space>`."""

    higher_is_better: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    column: ClassVar[str] = "density"

    k: Count = 5  # neighbours that make a ball

    def wants(self) -> Want:
        return within(self.k)

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {self.named(self.column): survey(fake, real, [self.wants()])[self.wants()][..., 1]}
