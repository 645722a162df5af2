"""Metrics of samples alone, for torchmetrics: update(samples), then compute()."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from bench.data.base import Law, Manifold
from bench.metrics._torchmetrics.base import OneSample
from bench.metrics.duplicates import duplicates
from bench.metrics.manifold_distance import manifold_distance
from bench.metrics.nll import nll
from bench.metrics.stein import stein
from bench.metrics.vendi import vendi


class DuplicatesMetric(OneSample):
    """`duplicates` as a torchmetrics metric."""

    higher_is_better = False

    def __init__(self, *, scale: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def value(self, fake: Tensor) -> Tensor:
        return duplicates(fake.flatten(1), self.scale)


class ManifoldDistanceMetric(OneSample):
    """`manifold_distance` as a torchmetrics metric."""

    higher_is_better = False

    def __init__(self, manifold: Manifold, *, relative: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.manifold, self.relative = manifold, relative

    def value(self, fake: Tensor) -> Tensor:
        return manifold_distance(fake, self.manifold, relative=self.relative)


class NllMetric(OneSample):
    """`nll` as a torchmetrics metric."""

    higher_is_better = False

    def __init__(self, law: Law, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.law = law

    def value(self, fake: Tensor) -> Tensor:
        return nll(fake, self.law)


class SteinMetric(OneSample):
    """`stein` as a torchmetrics metric."""

    higher_is_better = False

    def __init__(self, law: Law, *, scale: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.law, self.scale = law, scale

    def value(self, fake: Tensor) -> Tensor:
        return stein(fake, self.law, scale=self.scale)


class VendiMetric(OneSample):
    """`vendi` as a torchmetrics metric."""

    higher_is_better = True

    def value(self, fake: Tensor) -> Tensor:
        return vendi(fake)
