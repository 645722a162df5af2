"""Averages of a kernel over pairs of samples, a block at a time; pairs of a sample with itself are left out."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bench.metrics._arrays import blocks
from bench.metrics._neighbours import distances

Kernel = Callable[[Tensor, Tensor], Tensor]  # x [b, F], y [M, F] -> [b, M]


def between(kernel: Kernel, x: Tensor, y: Tensor) -> Tensor:
    """Mean of kernel(x_i, y_j) over all pairs, a scalar."""
    total = x.new_zeros(())
    for rows in blocks(len(x), len(y)):
        total += kernel(x[rows], y).sum()
    return total / (len(x) * len(y))


def among(kernel: Kernel, x: Tensor) -> Tensor:
    """Mean of a symmetric kernel(x_i, x_j) over i ≠ j, a scalar. Raises ValueError with fewer than two samples."""
    if len(x) < 2:
        raise ValueError("pairs need at least two samples")
    total = x.new_zeros(())
    for rows in blocks(len(x), len(x)):
        values = kernel(x[rows], x[rows.start :])  # what lies left of the diagonal was counted by earlier rows
        own = rows.stop - rows.start
        values[:, :own].fill_diagonal_(0)
        total += values[:, :own].sum() + 2 * values[:, own:].sum()
    return total / (len(x) * (len(x) - 1))


def squared(x: Tensor, y: Tensor) -> Tensor:
    """‖x_i - y_j‖² [b, M] of centred float64 rows."""
    return torch.cat([block.squared for block in distances(x, y)])
