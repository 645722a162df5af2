"""Number of statistically different bins: k-means cells of the real data that fakes visit too often or too seldom."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from bench.data.base import Data
from bench.metrics._arrays import each_seed, finite
from bench.metrics._exact_distances import centre
from bench.metrics._neighbours import distances
from bench.metrics.base import FeatureMetric
from bench.plugins.ranges import AtLeastTwo, Inner


def ndb(fake: Tensor, real: Tensor, *, bins: int = 100, level: float = 0.05) -> Tensor:
    """Share of bins whose proportions differ (two-sided z test, p < level); fake [..., N, F], real [M, F] -> [...].

    In [0, 1]; about `level` for fakes of the real law. Source: Richardson & Weiss 2018. Raises NonFinite.
    """
    return _compare(fake, cells(real, bins), level)[..., 0]


def ndb_jsd(fake: Tensor, real: Tensor, *, bins: int = 100) -> Tensor:
    """Jensen–Shannon divergence of the histograms over the same bins, in nats -> [...] float64. Raises NonFinite."""
    return _compare(fake, cells(real, bins), 0.05)[..., 1]


def cells(real: Tensor, bins: int) -> dict[str, Tensor]:
    """k-means centres [bins, F] of real features [M, F], and how many fall to each [bins]. The same at every call."""
    if len(finite(real, "real features")) < bins:
        raise ValueError(f"{len(real)} real samples can't be sorted into {bins} bins")
    (x,) = centre(real, on=real)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # equal samples: some bins stay empty, on both sides
        fitted = KMeans(bins, n_init=1, random_state=0).fit(x.cpu().numpy())
    shift = real.double() - x
    centres = torch.from_numpy(fitted.cluster_centers_).to(x) + shift[0]
    return {"centres": centres, "counts": _histogram(real.double(), centres)}


def _histogram(x: Tensor, centres: Tensor) -> Tensor:
    x, centres = centre(x, centres, on=centres)
    nearest = torch.cat([block.squared.argmin(1) for block in distances(x, centres)])
    return torch.bincount(nearest, minlength=len(centres)).double()


def _compare(fake: Tensor, real: Mapping[str, Tensor], level: float) -> Tensor:
    p, m = real["counts"] / real["counts"].sum(), real["counts"].sum()

    def one(x: Tensor) -> Tensor:
        q = _histogram(x, real["centres"]) / len(x)
        pooled = (p * m + q * len(x)) / (m + len(x))
        error = (pooled * (1 - pooled) * (1 / m + 1 / len(x))).sqrt()
        z = torch.where(error > 0, (p - q) / error.where(error > 0, 1.0), 0.0)  # none: all or nothing, on both sides
        different = torch.special.erfc(z.abs() / 2**0.5) < level
        middle = (p + q) / 2
        jsd = (torch.special.entr(middle) - (torch.special.entr(p) + torch.special.entr(q)) / 2).sum()
        return torch.stack([different.double().mean(), jsd])

    return each_seed(one, fake)


@dataclass(frozen=True, kw_only=True)
class Ndb(FeatureMetric):
    """Share of different bins and the histograms' divergence: `ndb_<space>`, `ndb_jsd_<space>`."""

    higher_is_better: ClassVar[bool] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    column: ClassVar[str] = "ndb"

    bins: AtLeastTwo = 100
    level: Inner = 0.05

    def refuses(self, data: Data) -> str | None:
        few = f"it sorts {len(data.held_out)} held-out samples into {self.bins} bins"
        return few if len(data.held_out) < self.bins else super().refuses(data)

    def names(self) -> tuple[str, ...]:
        return (self.named("ndb"), self.named("ndb_jsd"))

    def summarise(self, real: Tensor) -> dict[str, Tensor]:
        return cells(real, self.bins)

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        both = _compare(fake, real, self.level)
        return {self.named("ndb"): both[..., 0], self.named("ndb_jsd"): both[..., 1]}
