"""What every metric does to its arrays first: refuse what is not finite, go to float64, take one seed after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from bench.metrics.base import NonFinite

BLOCK = 1 << 21  # numbers of a block of distances: 16 MiB of float64, near what a cache holds


def finite(x: Tensor, what: str) -> Tensor:
    """x itself. Raises NonFinite where any of it is not finite; a finite sum proves that none is, in a pass without copies."""
    if not bool(x.sum().isfinite()) and not bool(torch.isfinite(x).all()):
        raise NonFinite(f"{what} hold numbers that are not finite")
    return x


def each_seed(one: Callable[[Tensor], Tensor], fake: Tensor) -> Tensor:
    """one([N, F] float64) -> [...], for every seed of fake [..., N, F]; results stacked. Raises NonFinite.

    Sets of features are large and their number is small: a seed at a time keeps memory flat and costs nothing.
    """
    finite(fake, "fakes")
    lead = fake.shape[:-2]
    values = torch.stack([one(x.double()) for x in fake.reshape(-1, *fake.shape[-2:])])
    return values.reshape((*lead, *values.shape[1:]))


def blocks(rows: int, columns: int) -> Iterator[slice]:
    """Slices of the rows, so that a block of rows × columns stays small."""
    step = max(1, BLOCK // max(1, columns))
    for start in range(0, rows, step):
        yield slice(start, min(rows, start + step))
