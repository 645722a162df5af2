"""Memorisation: whether fakes lie nearer to the training data than fresh real samples do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from bench.data.base import Data
from bench.features.base import extract
from bench.metrics._arrays import each_seed, finite
from bench.metrics._exact_distances import centre
from bench.metrics._neighbours import nearest
from bench.metrics.base import FeatureMetric, pick


def memorisation(fake: Tensor, held_out: Tensor, training: Tensor) -> Tensor:
    """P(a fake is nearer to its nearest training sample than a held-out sample to its own), ties count half.

    fake [..., N, F], held_out [M, F], training [T, F] -> [...] float64. ½: no sign of copying; 1: every fake is closer
    than any fresh sample. Below ½ fakes stray from the data, which is no merit. Averaged over fakes.
    Source: Meehan, Chaudhuri & Dasgupta 2020 (data-copying; Mann–Whitney). Raises NonFinite.
    """
    return memorisation_to(fake, usual(held_out, training), training)


def usual(held_out: Tensor, training: Tensor) -> Tensor:
    """Distance of held-out features [M, F] to their nearest training features [T, F], sorted [M]."""
    x, y = centre(finite(held_out, "held-out features"), finite(training, "training features"), on=training)
    return nearest(x, y).sort().values


def memorisation_to(fake: Tensor, fresh: Tensor, training: Tensor) -> Tensor:
    """The same, to the distances that `usual` found."""

    def one(x: Tensor) -> Tensor:
        x, y = centre(x, training, on=training)
        gaps = nearest(x, y, reach=2 * float(fresh[-1]) + 1e-30)  # farther than every fresh sample is far enough
        farther = len(fresh) - torch.searchsorted(fresh, gaps, right=True)
        equal = torch.searchsorted(fresh, gaps, right=True) - torch.searchsorted(fresh, gaps)
        return (farther.double() + equal.double() / 2).mean() / len(fresh)

    return each_seed(one, fake)


@dataclass(frozen=True, kw_only=True)
class Memorisation(FeatureMetric):
    """Nearness to the training data beyond that of fresh samples: `memorisation_<space>`; ½ is no sign of copying."""

    higher_is_better: ClassVar[bool] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    column: ClassVar[str] = "memorisation"

    def reference(self, data: Data) -> Any:
        training = extract(self.space, data.x)
        return {"fresh": usual(extract(self.space, data.held_out), training), "training": training}

    def control(self, data: Data, draw: int = 0) -> Tensor:
        return pick(data.held_out, self.n, draw)  # training samples would be found to be copies

    def pool(self, data: Data) -> int:
        return len(data.held_out)

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {self.named(self.column): memorisation_to(fake, real["fresh"], real["training"])}
