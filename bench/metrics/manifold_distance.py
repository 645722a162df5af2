"""Distance from the manifold on which the data lies: fidelity without any neighbour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from torch import Tensor

from bench.data.base import Data, Manifold
from bench.metrics._arrays import finite
from bench.metrics._torchmetrics import OneSample
from bench.metrics.base import Metric


def manifold_distance(fake: Tensor, manifold: Manifold) -> Tensor:
    """Mean distance, in the units of the data; fake [..., N, *D] -> [...] float64. Raises NonFinite."""
    return manifold.distance(finite(fake, "samples").double()).mean(-1)


class ManifoldDistanceMetric(OneSample):
    """`manifold_distance` as a torchmetrics metric."""

    higher_is_better = False

    def __init__(self, manifold: Manifold, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.manifold = manifold

    def value(self, fake: Tensor) -> Tensor:
        return manifold_distance(fake, self.manifold)


@dataclass(frozen=True, kw_only=True)
class ManifoldDistance(Metric):
    """Mean distance from the manifold: `manifold_distance`. Real data, where noisy, has a floor above zero."""

    higher_is_better: ClassVar[bool] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    scale: ClassVar[Literal["linear", "log"]] = "log"

    def refuses(self, data: Data) -> str | None:
        return "its manifold is not known" if data.manifold is None else None

    def names(self) -> tuple[str, ...]:
        return ("manifold_distance",)

    def reference(self, data: Data) -> Any:
        return data.manifold

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {"manifold_distance": manifold_distance(fake, real)}
