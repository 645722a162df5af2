"""The k-nearest-neighbour manifold: one pass over distances serves precision and recall, another density and coverage.

Cost in products of distance matrices: precision and recall together 2 (fake × fake, fake × real), density and coverage
together 1; the radii of the real side are computed once per data set.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bench.data.base import Data
from bench.metrics._arrays import each_seed, finite, shared
from bench.metrics._exact import centre
from bench.metrics._neighbours import membership, radii


def too_few(data: Data, k: int) -> str | None:
    """Why a data set has no balls; None where it has."""
    return f"{len(data.held_out)} held-out samples have no {k}-th neighbour" if len(data.held_out) <= k else None


def real_radii(real: Tensor, k: int) -> Tensor:
    """Squared radii of the balls around real features [M, F]: up to the k-th nearest other one [M]."""
    (x,) = centre(finite(real, "real features"), on=real)
    return radii(x, k)


@shared
def precision_recall(fake: Tensor, real: Tensor, balls: Tensor, k: int) -> Tensor:
    """fake [..., N, F], real [M, F] and its squared radii [M] -> (precision, recall) [..., 2]."""

    def one(x: Tensor) -> Tensor:
        x, y = centre(x, real, on=real)
        members = membership(x, y, balls, radii(x, k))
        return torch.stack([members.hit.double().mean(), members.reached.double().mean()])

    return each_seed(one, fake)


@shared
def density_coverage(fake: Tensor, real: Tensor, balls: Tensor, k: int) -> Tensor:
    """fake [..., N, F], real [M, F] and its squared radii [M] -> (density, coverage) [..., 2]."""

    def one(x: Tensor) -> Tensor:
        x, y = centre(x, real, on=real)
        members = membership(x, y, balls)
        return torch.stack([members.count / (k * len(x)), members.filled.double().mean()])

    return each_seed(one, fake)
