"""Distances of pairs from their differences: the number on which every comparison of neighbours is decided."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.metrics._arrays import BLOCK

SPARE = 4  # neighbours beyond the k-th that are looked at, in case rounding has swapped them


def centre(*sets: Tensor, on: Tensor) -> tuple[Tensor, ...]:
    """The sets minus the middle of `on` [M, F], in float64."""
    mean = middle(on)
    return tuple(x.double() - mean for x in sets)


def middle(on: Tensor) -> Tensor:
    """The mean of [M, F], in float64 and rounded to float32, so that subtracting it from float32 is exact."""
    return on.double().mean(0).float().double()


def exact(x: Tensor, y: Tensor, i: Tensor, j: Tensor) -> Tensor:
    """‖x_i - y_j‖² of pairs (i, j), all equal shapes [P]."""
    step = max(1, BLOCK // x.shape[1])
    parts = [(x[a] - y[b]).square().sum(-1) for a, b in zip(torch.split(i, step), torch.split(j, step), strict=True)]
    return torch.cat(parts)
