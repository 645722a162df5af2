"""Squared distances by matrix products, and comparisons of them that are as exact as if taken from differences.

‖x - y‖² = ‖x‖² + ‖y‖² - 2 x·y is fast and rounds: after centring its error is at most (F + 8) ε (‖x‖² + ‖y‖²). Where
that could turn a comparison, the distance is taken again from the difference x - y, so that ties and duplicates count
as they must.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from bench.metrics._arrays import BLOCK, blocks

SPARE = 4  # neighbours beyond the k-th that are looked at, in case rounding has swapped them


def centre(*sets: Tensor, on: Tensor) -> tuple[Tensor, ...]:
    """The sets minus the mean of `on` [M, F], in float64; the mean is rounded to float32: the subtraction is exact."""
    shift = on.double().mean(0).float().double()
    return tuple(x.double() - shift for x in sets)


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
        inside = self.squared <= limit
        i, j = ((self.squared - limit).abs_() <= self.slack).nonzero(as_tuple=True)
        inside[i, j] = exact(self.x, self.y, i, j) <= limit[i, j]
        return inside


def exact(x: Tensor, y: Tensor, i: Tensor, j: Tensor) -> Tensor:
    """‖x_i - y_j‖² of pairs (i, j), from differences."""
    step = max(1, BLOCK // x.shape[1])
    parts = [(x[a] - y[b]).square().sum(-1) for a, b in zip(torch.split(i, step), torch.split(j, step), strict=True)]
    return torch.cat(parts)


def distances(x: Tensor, y: Tensor) -> Iterator[Block]:
    """x [N, F], y [M, F], centred float64 -> blocks of squared distances."""
    xx, yy = x.square().sum(1, keepdim=True), y.square().sum(1)
    error = (x.shape[1] + 8) * torch.finfo(x.dtype).eps
    for rows in blocks(len(x), len(y)):
        squared = torch.addmm(xx[rows] + yy, x[rows], y.T, alpha=-2).clamp_(min=0)
        yield Block(rows, x[rows], y, squared, error * (xx[rows] + yy.max()))


def radii(x: Tensor, k: int) -> Tensor:
    """Squared distance of every row of x [N, F] (centred) to its k-th nearest other row [N].

    Equal rows are neighbours at distance 0. Raises ValueError with fewer than k + 1 rows.
    """
    if len(x) <= k:
        raise ValueError(f"{len(x)} samples have no {k}-th nearest neighbour")
    found, look = [], min(k + SPARE, len(x) - 1)
    for block in distances(x, x):
        own = torch.arange(block.rows.start, block.rows.stop, device=x.device)
        block.squared[own - block.rows.start, own] = torch.inf
        near, which = block.squared.topk(look, largest=False)  # [b, look], ascending
        mine = torch.arange(len(own), device=x.device)[:, None].expand_as(which)
        sure = exact(block.x, x, mine.flatten(), which.flatten()).view_as(near).sort().values[:, k - 1]
        missed = (near[:, -1] - block.slack[:, 0] < sure + block.slack[:, 0]) & (sure > 0) & (look < len(x) - 1)
        for row in missed.nonzero()[:, 0].tolist():
            gaps = (block.x[row] - x).square().sum(-1)
            gaps[own[row]] = torch.inf
            sure[row] = gaps.kthvalue(k).values
        found.append(sure)
    return torch.cat(found)


def nearest(x: Tensor, y: Tensor, *, skip_self: bool = False) -> Tensor:
    """Distance of every row of x to its nearest row of y [N] (another one, with skip_self and y = x); exact at 0."""
    found = []
    for block in distances(x, y):
        if skip_self:
            own = torch.arange(block.rows.start, block.rows.stop, device=x.device)
            block.squared[own - block.rows.start, own] = torch.inf
        look = block.squared.topk(min(SPARE, len(y)), largest=False).indices
        mine = torch.arange(len(look), device=x.device)[:, None].expand_as(look)
        gaps = exact(block.x, y, mine.flatten(), look.flatten()).view(look.shape)
        if skip_self:
            gaps = gaps.where(look != own[:, None], torch.inf)
        found.append(gaps.min(1).values.sqrt())
    return torch.cat(found)
