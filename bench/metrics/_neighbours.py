"""Squared distances by matrix products, and comparisons of them that are as exact as if taken from differences.

‖x - y‖² = ‖x‖² + ‖y‖² - 2 x·y is fast and rounds: after centring its error is at most (F + 8) ε (‖x‖² + ‖y‖²). Where
that could turn a comparison, the distance is taken again from the difference x - y, so that ties and duplicates count
as they must. In few dimensions a tree finds the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import torch
from torch import Tensor

from bench.metrics import _kdtree
from bench.metrics._arrays import blocks
from bench.metrics._exact_distances import SPARE, exact


@dataclass(frozen=True)
class Block:
    """Squared distances of some rows of x to all of y, and how far rounding may have moved them."""

    rows: slice
    x: Tensor  # [b, F]
    y: Tensor  # [M, F]
    squared: Tensor  # [b, M]
    slack: Tensor  # [b, 1]

    def within(self, limit: Tensor) -> Tensor:
        """‖x_i - y_j‖² <= limit, [b, M] bool; limit [b, 1] or [M]. Exact."""
        limit = limit.expand_as(self.squared)
        gap = self.squared - limit
        inside = gap <= 0
        i, j = (gap.abs_() <= self.slack).nonzero(as_tuple=True)
        if len(i):
            inside[i, j] = exact(self.x, self.y, i, j) <= limit[i, j]
        return inside

    def candidates(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """The rows of y that seem nearest: their squared distances as they seem, which rows, and exactly [b, count]."""
        near, which = self.squared.topk(count, largest=False)
        mine = torch.arange(len(which), device=which.device)[:, None].expand_as(which)
        return near, which, exact(self.x, self.y, mine.flatten(), which.flatten()).view_as(near)


def distances(x: Tensor, y: Tensor) -> Iterator[Block]:
    """x [N, F], y [M, F], centred float64 -> blocks of squared distances."""
    xx, yy = x.square().sum(1, keepdim=True), y.square().sum(1)
    error = (x.shape[1] + 8) * torch.finfo(x.dtype).eps
    for rows in blocks(len(x), len(y)):
        squared = torch.addmm(xx[rows] + yy, x[rows], y.T, alpha=-2).clamp_(min=0)
        yield Block(rows, x[rows], y, squared, error * (xx[rows] + yy.max()))


def near_others(x: Tensor, k: int) -> Tensor:
    """Squared distances of every row of x [N, F] (centred) to its k nearest other rows [N, k], ascending.

    Equal rows are neighbours at distance 0. Raises ValueError with fewer than k + 1 rows.
    """
    if len(x) <= k:
        raise ValueError(f"{len(x)} samples have no {k}-th nearest neighbour")
    return _kdtree.near_others(x, k) if _kdtree.suits(x) else near_rows(x, torch.arange(len(x), device=x.device), k)


def near_rows(x: Tensor, rows: Tensor, k: int) -> Tensor:
    """The same of some rows [R], from all distances -> [R, k]."""
    found, look = [], min(k + SPARE, len(x) - 1)
    for block in distances(x[rows], x):
        own = rows[block.rows, None]
        block.squared.scatter_(1, own, torch.inf)
        near, _, gaps = block.candidates(look)
        sure = gaps.sort(1).values[:, :k]
        missed = (near[:, -1] - block.slack[:, 0] < sure[:, -1]) & (sure[:, -1] > 0) & (look < len(x) - 1)
        for row in missed.nonzero()[:, 0].tolist():
            all_gaps = (block.x[row] - x).square().sum(-1)
            all_gaps[own[row]] = torch.inf
            sure[row] = all_gaps.topk(k, largest=False).values
        found.append(sure)
    return torch.cat(found)


def nearest(x: Tensor, y: Tensor, *, skip_self: bool = False, reach: float = inf) -> Tensor:
    """Distance of every row of x to its nearest row of y [N]; with skip_self, y is x and another row is meant.

    What lies farther than `reach` may be told as infinitely far, where that saves time.
    """
    if skip_self:
        return near_others(x, 1)[:, 0].sqrt()
    if _kdtree.suits(x):
        return _kdtree.nearest(x, y, reach=reach)
    look = min(1 + SPARE, len(y))
    return torch.cat([block.candidates(look)[2].min(1).values for block in distances(x, y)]).sqrt()
