"""Metrics of samples against known modes, for torchmetrics: update(samples), then compute()."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from bench.data.base import Modes
from bench.metrics._modes import SHARE
from bench.metrics._torchmetrics.base import OfModes
from bench.metrics.high_quality_rate import high_quality_rate
from bench.metrics.in_between_rate import in_between_rate
from bench.metrics.mode_kl import mode_kl
from bench.metrics.modes_covered import modes_covered
from bench.metrics.modes_hit import modes_hit
from bench.metrics.modes_occupied import modes_occupied


class HighQualityRateMetric(OfModes):
    """`high_quality_rate` as a torchmetrics metric."""

    higher_is_better = True

    def value(self, fake: Tensor) -> Tensor:
        return high_quality_rate(fake, self.modes)


class InBetweenRateMetric(OfModes):
    """`in_between_rate` as a torchmetrics metric."""

    higher_is_better = False

    def value(self, fake: Tensor) -> Tensor:
        return in_between_rate(fake, self.modes)


class ModeKlMetric(OfModes):
    """`mode_kl` as a torchmetrics metric."""

    higher_is_better = False

    def __init__(self, modes: Modes, *, outside: float, **kwargs: Any) -> None:
        super().__init__(modes, **kwargs)
        self.outside = outside

    def value(self, fake: Tensor) -> Tensor:
        return mode_kl(fake, self.modes, self.outside)


class ModesCoveredMetric(OfModes):
    """`modes_covered` as a torchmetrics metric."""

    higher_is_better = True

    def __init__(self, modes: Modes, *, share: float = SHARE, **kwargs: Any) -> None:
        super().__init__(modes, **kwargs)
        self.share = share

    def value(self, fake: Tensor) -> Tensor:
        return modes_covered(fake, self.modes, self.share)


class ModesHitMetric(OfModes):
    """`modes_hit` as a torchmetrics metric."""

    higher_is_better = True

    def __init__(self, modes: Modes, *, least: int = 1, **kwargs: Any) -> None:
        super().__init__(modes, **kwargs)
        self.least = least

    def value(self, fake: Tensor) -> Tensor:
        return modes_hit(fake, self.modes, self.least)


class ModesOccupiedMetric(OfModes):
    """`modes_occupied` as a torchmetrics metric."""

    higher_is_better = True

    def __init__(self, modes: Modes, *, share: float = SHARE, **kwargs: Any) -> None:
        super().__init__(modes, **kwargs)
        self.share = share

    def value(self, fake: Tensor) -> Tensor:
        return modes_occupied(fake, self.modes, self.share)
