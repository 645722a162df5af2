"""Modes hit, the literature's convention: a mode counts with one high-quality sample among 2500.

It saturates: with enough samples a generator that has collapsed to 99 % scores full marks. `modes_covered` does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from bench.data.base import Modes
from bench.metrics._modes import ModeMetric, count
from bench.plugins.ranges import Count


def modes_hit(fake: Tensor, modes: Modes, least: int = 1) -> Tensor:
    """Number of modes with at least `least` high-quality samples; fake [..., N, *D] -> [...] float64.

    Source: Metz et al. 2017; Lin et al. 2018 (2500 samples, 3 standard deviations). Raises NonFinite.
    """
    return (count(fake, modes).modes >= least).sum(-1).double()


@dataclass(frozen=True, kw_only=True)
class ModesHit(ModeMetric):
    """Modes with a high-quality sample among the first 2500: `modes_hit`."""

    higher_is_better: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, float("inf"))

    n: int = 2500
    least: Count = 1  # high-quality samples that make a hit (3 on stacked digits, at times)

    def names(self) -> tuple[str, ...]:
        return ("modes_hit",)

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {"modes_hit": modes_hit(fake, real, self.least)}
