"""Neighbours in few dimensions, found by a k-d tree: the same answers as from all distances, a hundred times sooner.

The tree proposes, `exact` decides: candidates are taken generously and every comparison is made on the same number that
the dense search uses.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from bench.metrics._exact_distances import SPARE, exact
from bench.plugins.lazily import lazily

if TYPE_CHECKING:
    from scipy import spatial
else:
    spatial = lazily("scipy.spatial")


MOST_DIMENSIONS = 8  # beyond, a tree looks almost everywhere
MOST_PAIRS = 1 << 23  # beyond, listing the pairs costs more than taking all distances


def suits(x: Tensor) -> bool:
    """Whether a tree over x [N, F] is worth it."""
    return x.shape[1] <= MOST_DIMENSIONS and not x.is_cuda


def near_others(x: Tensor, k: int) -> Tensor:
    """Squared distances of every row of x [N, F] to its k nearest other rows [N, k], ascending; more than k rows."""
    look = min(k + 1 + SPARE, len(x))
    near = torch.from_numpy(spatial.cKDTree(x.numpy()).query(x.numpy(), k=look)[1]).long().view(len(x), look)
    own = torch.arange(len(x))[:, None].expand_as(near)
    gaps = exact(x, x, own.flatten(), near.flatten()).view_as(near).where(near != own, torch.inf)
    return gaps.sort(1).values[:, :k]  # where a row's own index was crowded out by its duplicates, all are 0


def nearest(x: Tensor, y: Tensor, *, skip_self: bool = False, reach: float = inf) -> Tensor:
    """Distance of every row of x to its nearest row of y [N]; with skip_self, y is x and another row is meant.

    What lies farther than `reach` is infinitely far: a tree is slow for points that are far from all of it alike.
    """
    if skip_self:
        return near_others(x, 1)[:, 0].sqrt()
    near = torch.from_numpy(spatial.cKDTree(y.numpy()).query(x.numpy(), k=1, distance_upper_bound=reach)[1]).long()
    found = near < len(y)
    gaps = torch.full((len(x),), inf, dtype=x.dtype)
    gaps[found] = exact(x, y, found.nonzero()[:, 0], near[found]).sqrt()
    return gaps


def pairs(x: Tensor, y: Tensor, limit: Tensor) -> tuple[Tensor, Tensor] | None:
    """All (i, j) with ‖x_i - y_j‖² <= limit_j; None where there are too many to list."""
    tree, reach = spatial.cKDTree(x.numpy()), limit.sqrt().numpy() * (1 + 1e-9)
    counts = tree.query_ball_point(y.numpy(), reach, return_length=True)
    if counts.sum() > MOST_PAIRS:
        return None
    lists = tree.query_ball_point(y.numpy(), reach)
    i = torch.from_numpy(np.fromiter((v for row in lists for v in row), dtype=np.int64, count=int(counts.sum())))
    j = torch.from_numpy(np.repeat(np.arange(len(y)), counts))
    inside = exact(x, y, i, j) <= limit[j]
    return i[inside], j[inside]
