"""High-quality rate: the share of samples that lie in a mode.

Its ceiling lies below 1: a perfect sampler of 2-D Gaussians scores 1 - exp(-9/2) = .9889 within 3 standard deviations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from bench.data.base import Modes
from bench.metrics._modes import ModeMetric, count


def high_quality_rate(fake: Tensor, modes: Modes) -> Tensor:
    """Share of samples within a mode; fake [..., N, *D] -> [...] float64.

    Source: Srivastava et al. 2017 (VEEGAN); Lin et al. 2018. Raises NonFinite.
    """
    counts = count(fake, modes)
    return counts.inside / counts.n


@dataclass(frozen=True, kw_only=True)
class HighQualityRate(ModeMetric):
    """Share of samples in a mode: `high_quality_rate`."""

    higher_is_better: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    two_sided: ClassVar[bool] = True  # 1.000 is a generator whose modes are too narrow

    def names(self) -> tuple[str, ...]:
        return ("high_quality_rate",)

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {"high_quality_rate": high_quality_rate(fake, real)}
