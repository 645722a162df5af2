"""Recall: the share of real samples that lie where fakes are.

A real sample counts when it lies in the ball of at least one fake; a ball reaches up to the k-th nearest other fake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from bench.metrics._pairwise import PairMetric, Want, reached, side, survey
from bench.plugins.ranges import Count


def recall(fake: Tensor, real: Tensor, k: int = 3) -> Tensor:
    """Share of real [M, F] within a k-NN ball of fake [..., N, F] (`<=`) -> [...] float64.

    Source: Kynkäänniemi et al. 2019, eq. 1–2. Raises NonFinite.
    """
    return survey(fake, side(real, kernel=False, k=0), [reached(k)])[reached(k)][..., 0]


@dataclass(frozen=True, kw_only=True)
class Recall(PairMetric):
    """Recall in a feature space: `recall_<space>`."""

    higher_is_better: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    column: ClassVar[str] = "recall"

    k: Count = 3  # neighbours that make a ball

    def __post_init__(self) -> None:
        if self.n <= self.k:
            raise ValueError(f"n={self.n} samples have no {self.k}-th neighbour: n is larger than k")

    def wants(self) -> Want:
        return reached(self.k)

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {self.named(self.column): survey(fake, real, [self.wants()])[self.wants()][..., 0]}
