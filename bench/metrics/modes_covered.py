"""Modes covered, our convention: a mode counts with a tenth of its fair share of the samples.

Unlike one hit in 2500 (`modes_hit`) it does not grow with the number of samples: a generator that has collapsed to 99 %
stays uncovered however often it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from bench.data.base import Modes
from bench.metrics._modes import SHARE, ModeMetric, count, enough
from bench.plugins.ranges import SomeShare


def modes_covered(fake: Tensor, modes: Modes, share: float = SHARE) -> Tensor:
    """Number of modes with at least share · w_k · N high-quality samples; fake [..., N, *D] -> [...] float64.

    High quality: within the mode (3 standard deviations, Mahalanobis, of a Gaussian one). Raises NonFinite.
    """
    counts = count(fake, modes)
    return enough(counts.modes, modes, counts.n, share).sum(-1).double()


@dataclass(frozen=True, kw_only=True)
class ModesCovered(ModeMetric):
    """Modes with at least a tenth of their fair share: `modes_covered`."""

    higher_is_better: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, float("inf"))

    share: SomeShare = SHARE  # of a mode's fair share

    def names(self) -> tuple[str, ...]:
        return ("modes_covered",)

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {"modes_covered": modes_covered(fake, real, self.share)}
