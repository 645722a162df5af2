"""Exact minimum-cost pairing of two batches, on the CPU, as an operation that seeds can be mapped over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, library

from bench.plugins.lazily import lazily

if TYPE_CHECKING:
    from scipy import optimize
    from scipy.spatial import distance
else:
    optimize = lazily("scipy.optimize")
    distance = lazily("scipy.spatial.distance")


@library.custom_op("bench::assign", mutates_args=())
def _assign(a: Tensor, b: Tensor) -> Tensor:
    """An operation of its own, so that a graph of the step (training/trace.py) holds it, and not what it came to once."""
    left, right = (x.detach().flatten(1).cpu().numpy() for x in (a, b))
    cost = distance.cdist(left, right, "sqeuclidean")
    if not np.isfinite(cost).all():  # of a seed that has diverged: any pairing will do
        return torch.arange(len(a), device=a.device)
    return torch.from_numpy(optimize.linear_sum_assignment(cost)[1]).to(a.device)


@_assign.register_fake
def _shape(a: Tensor, b: Tensor) -> Tensor:
    return torch.empty(len(a), dtype=torch.int64, device=a.device)


@_assign.register_vmap
def _each(info: Any, dims: tuple[int | None, int | None], a: Tensor, b: Tensor) -> tuple[Tensor, int]:
    pairs = [
        x.movedim(d, 0) if d is not None else x.expand(info.batch_size, *x.shape)
        for x, d in ((a, dims[0]), (b, dims[1]))
    ]
    return torch.stack([_assign(*lane) for lane in zip(*pairs, strict=True)]), 0


def assign(a: Tensor, b: Tensor) -> Tensor:
    """The rows [B] int64 of b [B, *D], each used once, that minimise Σ_i ‖a_i - b_{rows_i}‖². O(B³) on the CPU.

    Nothing flows back: a pairing is constant almost everywhere.
    """
    rows: Tensor = _assign(a.detach(), b.detach())
    return rows
