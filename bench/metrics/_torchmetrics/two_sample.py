"""Metrics of samples against real ones, for torchmetrics: update(features, real=…), then compute()."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from bench.data.base import Manifold, Modes
from bench.metrics._torchmetrics.base import TwoSample
from bench.metrics.birthday_support import birthday_support
from bench.metrics.coverage import coverage
from bench.metrics.density import density
from bench.metrics.energy import energy
from bench.metrics.exact_wasserstein import exact_wasserstein
from bench.metrics.fd_inf import fd_inf
from bench.metrics.frechet import frechet
from bench.metrics.kid import kid
from bench.metrics.memorisation import memorisation
from bench.metrics.mmd import mmd
from bench.metrics.mmd_multiscale import OCTAVES, mmd_multiscale
from bench.metrics.ndb import ndb
from bench.metrics.precision import precision
from bench.metrics.recall import recall
from bench.metrics.sliced_wasserstein import sliced_wasserstein
from bench.metrics.spread_ratio import spread_ratio


class BirthdaySupportMetric(TwoSample):
    """`birthday_support` as a torchmetrics metric."""

    higher_is_better = True

    def __init__(self, *, quantile: float = 0.01, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.quantile = quantile

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return birthday_support(fake, real, quantile=self.quantile)


class CoverageMetric(TwoSample):
    """`coverage` as a torchmetrics metric."""

    higher_is_better = True

    def __init__(self, *, k: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.k = k

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return coverage(fake, real, self.k)


class DensityMetric(TwoSample):
    """`density` as a torchmetrics metric."""

    higher_is_better = True

    def __init__(self, *, k: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.k = k

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return density(fake, real, self.k)


class EnergyMetric(TwoSample):
    """`energy` as a torchmetrics metric."""

    higher_is_better = False

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return energy(fake, real)


class ExactWassersteinMetric(TwoSample):
    """`exact_wasserstein` as a torchmetrics metric."""

    higher_is_better = False

    def __init__(self, *, p: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.p = p

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return exact_wasserstein(fake, real, p=self.p)


class FdInfMetric(TwoSample):
    """`fd_inf` as a torchmetrics metric."""

    higher_is_better = False

    def __init__(self, *, points: int = 6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.points = points

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return fd_inf(fake, real, points=self.points)


class FrechetMetric(TwoSample):
    """`frechet` as a torchmetrics metric."""

    higher_is_better = False

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return frechet(fake, real)


class KidMetric(TwoSample):
    """`kid` as a torchmetrics metric."""

    higher_is_better = False

    def __init__(self, *, subsets: int = 0, size: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.subsets, self.size = subsets, size

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return kid(fake, real, subsets=self.subsets, size=self.size)


class MemorisationMetric(TwoSample):
    """`memorisation` as a torchmetrics metric: `real` are held-out features; training ones are given at the start."""

    higher_is_better = False

    def __init__(self, training: Tensor, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.known = training

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return memorisation(fake, real, self.known)


class MmdMetric(TwoSample):
    """`mmd` as a torchmetrics metric."""

    higher_is_better = False

    def __init__(self, *, bandwidth: float | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bandwidth = bandwidth

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return mmd(fake, real, self.bandwidth)


class MmdMultiscaleMetric(TwoSample):
    """`mmd_multiscale` as a torchmetrics metric."""

    higher_is_better = False

    def __init__(self, *, octaves: int = OCTAVES, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.octaves = octaves

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return mmd_multiscale(fake, real, self.octaves)


class NdbMetric(TwoSample):
    """`ndb` as a torchmetrics metric."""

    higher_is_better = False

    def __init__(self, *, bins: int = 100, level: float = 0.05, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bins, self.level = bins, level

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return ndb(fake, real, bins=self.bins, level=self.level)


class PrecisionMetric(TwoSample):
    """`precision` as a torchmetrics metric."""

    higher_is_better = True

    def __init__(self, *, k: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.k = k

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return precision(fake, real, self.k)


class RecallMetric(TwoSample):
    """`recall` as a torchmetrics metric."""

    higher_is_better = True

    def __init__(self, *, k: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.k = k

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return recall(fake, real, self.k)


class SlicedWassersteinMetric(TwoSample):
    """`sliced_wasserstein` as a torchmetrics metric."""

    higher_is_better = False

    def __init__(self, *, projections: int = 128, p: float = 2.0, whitened: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.projections, self.p, self.whitened = projections, p, whitened

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return sliced_wasserstein(fake, real, projections=self.projections, p=self.p, whitened=self.whitened)


class SpreadRatioMetric(TwoSample):
    """`spread_ratio` as a torchmetrics metric."""

    higher_is_better = True

    def __init__(self, modes: Modes | None = None, manifold: Manifold | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.modes, self.manifold = modes, manifold

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return spread_ratio(fake, real, self.modes, self.manifold)
