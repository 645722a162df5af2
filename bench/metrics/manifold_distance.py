"""Distance from the manifold on which the data lies: fidelity without any neighbour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from torch import Tensor

from bench.data.base import Data, Manifold, Round
from bench.metrics._arrays import finite
from bench.metrics.base import Metric


def manifold_distance(fake: Tensor, manifold: Manifold, *, relative: bool = False) -> Tensor:
    """Mean distance, in the units of the data or, `relative`, of a round manifold's radius; fake [..., N, *D] -> [...] float64.

    Raises NonFinite, and ValueError where a relative one is asked for and the manifold has no radius.
    """
    mean = manifold.distance(finite(fake, "samples").double()).mean(-1)
    if not relative:
        return mean
    if not isinstance(manifold, Round):
        raise ValueError("relative=True needs a manifold with one radius, as the sphere has: leave it out")
    return mean / manifold.radius


@dataclass(frozen=True, kw_only=True)
class ManifoldDistance(Metric):
    """Mean distance from the manifold: `manifold_distance`. Real data, where noisy, has a floor above zero.

    `relative` gives it in units of the manifold's radius, so that the same shape in another size has the same distance.
    """

    higher_is_better: ClassVar[bool] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    scale: ClassVar[Literal["linear", "log"]] = "log"

    relative: bool = field(default=False, metadata={"added": True})  # in units of the radius

    def refuses(self, data: Data) -> str | None:
        if data.manifold is None:
            return "its manifold is not known"
        return "its manifold has no radius" if self.relative and not isinstance(data.manifold, Round) else None

    def names(self) -> tuple[str, ...]:
        return ("manifold_distance_relative" if self.relative else "manifold_distance",)

    def reference(self, data: Data) -> Any:
        return data.manifold

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        (name,) = self.names()
        return {name: manifold_distance(fake, real, relative=self.relative)}
