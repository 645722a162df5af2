"""Birthday-paradox support: how many different samples a generator seems to have, from how often two coincide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from torch import Tensor

from bench.metrics._arrays import each_seed, finite
from bench.metrics._exact_distances import centre
from bench.metrics._neighbours import distances, nearest
from bench.metrics.base import FeatureMetric
from bench.plugins.ranges import AtLeastTwo, Inner


def birthday_support(fake: Tensor, real: Tensor, *, quantile: float = 0.01) -> Tensor:
    """C(s, 2) / number of pairs of near-duplicates among s fakes; fake [..., s, F], real [M, F] -> [...] float64.

    Near: closer than that quantile of the distances from a real sample to its nearest other among s of them. With no
    such pair the answer is C(s, 2), the most that s samples can show. Source: Arora, Risteski & Zhang 2018 (birthday paradox test).
    Raises NonFinite.
    """
    return _support(fake, closeness(real[: fake.shape[-2]], quantile))


def closeness(real: Tensor, quantile: float) -> Tensor:
    """The quantile of nearest-neighbour distances among real features [M, F], a scalar."""
    (y,) = centre(finite(real, "real features"), on=real)
    return nearest(y, y, skip_self=True).quantile(quantile)


def _support(fake: Tensor, near: Tensor) -> Tensor:
    def one(x: Tensor) -> Tensor:
        (x,) = centre(x, on=x)
        inside = x.new_zeros(())
        for block in distances(x, x):
            inside += block.within((near**2).expand(len(x))).sum()
        pairs = (inside - len(x)) / 2  # without each sample's own
        return len(x) * (len(x) - 1) / 2 / pairs.clamp(min=1)

    return each_seed(one, fake)


@dataclass(frozen=True, kw_only=True)
class BirthdaySupport(FeatureMetric):
    """Apparent number of different samples: `birthday_support_<space>`; real data's own is its floor."""

    higher_is_better: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (1.0, float("inf"))
    scale: ClassVar[Literal["linear", "log"]] = "log"
    column: ClassVar[str] = "birthday_support"

    n: AtLeastTwo = 2000
    quantile: Inner = 0.01

    def summarise(self, real: Tensor) -> dict[str, Tensor]:
        return {"near": closeness(real[: self.n], self.quantile)}

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {self.named(self.column): _support(fake, real["near"])}
