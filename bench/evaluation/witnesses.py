"""Samples that are wrong in a known way, to see which faults a metric can tell at all.

The *null* has the data's mean and covariance and nothing else of it: wrong in form. The *half* is real as far as it goes,
and whatever lies on one side of the data is missing. The *copies* are few training samples, each of them many times.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bench.data.base import Data
from bench.metrics.base import pick

FACTORED = 640  # dimensions up to which the covariance is factorised: 3 × 14 × 14 pixels and fewer
BLOCK = 500  # samples drawn at a time
ROWS = 5_000  # of the training data, whose moments the null has
TURNS = 50  # steps of the power method
TIMES = 10  # that a copy is repeated


def null_samples(data: Data, n: int, draw: int = 0) -> Tensor:
    """n samples [n, *D] of the Gaussian with the mean and the covariance of the training data.

    Where the data is one point it is that point plus N(0, I). In many dimensions nothing is factorised: mean + Ξ (x - mean)/√M with
    Ξ ~ N(0, I) [n, M] has exactly the covariance of the rows x [M, F].
    """
    source = torch.Generator().manual_seed(20_260_101 + draw)
    x = data.x[:ROWS].double().flatten(1)
    mean = x.mean(0)
    centred = (x - mean) / len(x) ** 0.5
    if x.shape[1] <= FACTORED:
        values, vectors = torch.linalg.eigh(centred.T @ centred)
        centred = (vectors * values.clamp(min=0).sqrt()).T
    if not bool((x != mean).any()):
        noise = torch.randn(n, x.shape[1], generator=source, dtype=torch.float64)
        return (mean + noise).to(data.x.dtype).view(n, *data.shape)
    sizes = [BLOCK] * (n // BLOCK) + [n % BLOCK] * bool(n % BLOCK)
    parts = [torch.randn(size, len(centred), generator=source, dtype=torch.float64) @ centred for size in sizes]
    return (mean + torch.cat(parts)).to(data.x.dtype).view(n, *data.shape)


def half(data: Data) -> Data | None:
    """The data set of which only the lower half along its widest direction is left, held-out samples likewise.

    What is real of it is as real as before; its support is not whole. None where all samples are the same.
    """
    x = data.x[:ROWS].double().flatten(1)
    mean = x.mean(0)
    direction = widest(x - mean)
    if direction is None:
        return None
    return replace(data, x=_lower(data.x, mean, direction), held_out=_lower(data.held_out, mean, direction))


def copies(data: Data, n: int, draw: int = 0) -> Tensor:
    """n samples [n, *D]: about n/10 of the training data, every one ten times."""
    few = pick(data.x, max(1, n // TIMES), draw)
    return few.repeat((n + len(few) - 1) // len(few), *[1] * (few.ndim - 1))[:n]


def widest(centred: Tensor) -> Tensor | None:
    """The direction [F] of the largest variance of centred rows [M, F], by the power method from the widest coordinate.

    Where several directions are equally wide it is one of them; its sign follows from where it began. None without variance.
    """
    spread = centred.square().sum(0)
    if not bool(spread.max() > 0):
        return None
    direction = torch.zeros_like(spread)
    direction[spread.argmax()] = 1
    for _ in range(TURNS):
        direction = centred.T @ (centred @ direction)
        direction = direction / direction.norm()
    return direction


def _lower(x: Tensor, mean: Tensor, direction: Tensor) -> Tensor:
    """The half of the rows that comes first along a direction, in the order in which they were."""
    along = (x.double().flatten(1) - mean) @ direction
    first = along.argsort(stable=True)[: (len(x) + 1) // 2]
    return x[first.sort().values]
