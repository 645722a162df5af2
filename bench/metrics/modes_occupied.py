"""Modes occupied: modes to which samples are nearest, whether or not they are good samples of them.

Beside `modes_covered` it tells blur from loss: a generator that is too wide occupies every mode and covers few, one that
has lost modes occupies as few as it covers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from bench.data.base import Modes
from bench.metrics._modes import SHARE, ModeMetric, count, enough
from bench.plugins.ranges import SomeShare


def modes_occupied(fake: Tensor, modes: Modes, share: float = SHARE) -> Tensor:
    """Number of modes to which at least share · w_k · N samples are nearest; fake [..., N, *D] -> [...] float64.

    Our convention, with the share of `modes_covered`. Raises NonFinite.
    """
    counts = count(fake, modes)
    return enough(counts.nearest, modes, counts.n, share).sum(-1).double()


@dataclass(frozen=True, kw_only=True)
class ModesOccupied(ModeMetric):
    """Modes that a tenth of their fair share of all samples is nearest to: `modes_occupied`."""

    higher_is_better: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, float("inf"))

    share: SomeShare = SHARE  # of a mode's fair share

    def names(self) -> tuple[str, ...]:
        return ("modes_occupied",)

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {"modes_occupied": modes_occupied(fake, real, self.share)}
