"""Recall: the share of real samples that lie where fakes are.

A real sample counts when it lies in the ball of at least one fake; a ball reaches up to the k-th nearest other fake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from bench.data.base import Data
from bench.metrics._accumulate import TwoSample
from bench.metrics._manifold import precision_recall, real_radii, too_few
from bench.metrics.base import FeatureScore


def recall(fake: Tensor, real: Tensor, k: int = 3) -> Tensor:
    """Share of real [M, F] within a k-NN ball of fake [..., N, F] (`<=`) -> [...] float64.

    Source: Kynkäänniemi et al. 2019, eq. 1–2. Raises NonFinite.
    """
    return precision_recall(fake, real, real_radii(real, k), k)[..., 1]


class RecallMetric(TwoSample):
    """`recall` as a torchmetrics metric."""

    higher_is_better = True

    def __init__(self, *, k: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.k = k

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return recall(fake, real, self.k)


@dataclass(frozen=True, kw_only=True)
class Recall(FeatureScore):
    """Recall in a feature space: `recall_<space>`."""

    higher_is_better: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    column: ClassVar[str] = "recall"

    k: int = 3  # neighbours that make a ball

    def refuses(self, data: Data) -> str | None:
        return too_few(data, self.k) or super().refuses(data)

    def recipe(self) -> tuple[object, ...]:
        return ("manifold", self.space, self.k)

    def summarise(self, real: Tensor) -> dict[str, Tensor]:
        return {"features": real, "balls": real_radii(real, self.k)}

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        both = precision_recall(fake, real["features"], real["balls"], self.k)
        return {self.named(self.column): both[..., 1]}
