"""Duplicates: the share of samples that repeat another sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from bench.data.base import Data
from bench.metrics._arrays import each_seed
from bench.metrics._exact_distances import centre
from bench.metrics._neighbours import nearest
from bench.metrics.base import Metric
from bench.plugins.ranges import AtLeastTwo

SAME = 1e-6  # of the data's scale: rounding of a batch that was computed another way


def duplicates(samples: Tensor, scale: float = 1.0) -> Tensor:
    """Share of samples with another within 1e-6 · scale; samples [..., N, F] -> [...] float64. Raises NonFinite.

    `scale` is the standard deviation of the data. A generator with a continuous law has none (on a line, by chance, .001
    of 2500); one that is constant has 1.
    """
    near = SAME * scale

    def one(x: Tensor) -> Tensor:
        (centred,) = centre(x, on=x)
        return (nearest(centred, centred, skip_self=True) <= near).double().mean()

    return each_seed(one, samples)


@dataclass(frozen=True, kw_only=True)
class Duplicates(Metric):
    """Share of samples that repeat another: `duplicates`."""

    higher_is_better: ClassVar[bool] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)

    n: AtLeastTwo = 2500

    def names(self) -> tuple[str, ...]:
        return ("duplicates",)

    def reference(self, data: Data) -> Any:
        return float(data.held_out.double().std())

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {"duplicates": duplicates(fake.flatten(2), real)}
