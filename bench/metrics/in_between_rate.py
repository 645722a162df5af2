"""In-between rate: the share of samples that lie in no mode (interpolation between modes, off the manifold).

One minus the high-quality rate; a name of its own because it answers another question and is ranked the other way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from bench.data.base import Modes
from bench.metrics._modes import ModeMetric, count


def in_between_rate(fake: Tensor, modes: Modes) -> Tensor:
    """Share of samples in no mode; fake [..., N, *D] -> [...] float64. Raises NonFinite."""
    counts = count(fake, modes)
    return counts.outside / counts.n


@dataclass(frozen=True, kw_only=True)
class InBetweenRate(ModeMetric):
    """Share of samples in no mode: `in_between_rate`."""

    higher_is_better: ClassVar[bool] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    two_sided: ClassVar[bool] = True  # none at all is a generator whose modes are too narrow

    def names(self) -> tuple[str, ...]:
        return ("in_between_rate",)

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {"in_between_rate": in_between_rate(fake, real)}
