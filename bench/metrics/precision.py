"""Precision: the share of fakes that lie where real samples are.

A fake counts when it lies in the ball of at least one real sample; a ball reaches up to the k-th nearest other real
sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from bench.metrics._pairwise import PairMetric, Want, side, survey, within
from bench.plugins.ranges import Count


def precision(fake: Tensor, real: Tensor, k: int = 3) -> Tensor:
    """Share of fake [..., N, F] within a k-NN ball of real [M, F] (`<=`) -> [...] float64.

    Source: Kynkäänniemi et al. 2019, eq. 1–2. Raises NonFinite.
    """
    return survey(fake, side(real, kernel=False, k=k), [within(k)])[within(k)][..., 0]


@dataclass(frozen=True, kw_only=True)
class Precision(PairMetric):
    """Precision in a feature space: `precision_<space>`."""

    higher_is_better: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    column: ClassVar[str] = "precision"

    k: Count = 3  # neighbours that make a ball

    def wants(self) -> Want:
        return within(self.k)

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {self.named(self.column): survey(fake, real, [self.wants()])[self.wants()][..., 0]}
