"""Class labels of a denoiser: dropped at random in training, so that sampling can be guided without a classifier.

The null label is the number of classes, which an architecture embeds as zeros. Source: Ho & Salimans 2022.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bench.training.rng import Rng

Network = Callable[[Tensor, Tensor, Tensor | None], Tensor]  # (x_t [B, *D], t [B], y [B] or None) -> [B, *D]


def dropped(y: Tensor, rate: float, classes: int, rng: Rng) -> Tensor:
    """y [B] with each label replaced by the null label with probability `rate` (algorithm 1)."""
    return torch.where(rng.uniform(len(y)) < rate, classes, y)


def guided(network: Network, y: Tensor | None, classes: int, guidance: float) -> Callable[[Tensor, Tensor], Tensor]:
    """(1 + w) F(x, t, y) - w F(x, t, null): two evaluations where w is not 0 (eq. 6)."""
    if not guidance or y is None:
        return lambda x, t: network(x, t, y)
    null = torch.full_like(y, classes)
    return lambda x, t: (1 + guidance) * network(x, t, y) - guidance * network(x, t, null)
