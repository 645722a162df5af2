"""Where samples fall among known modes: one assignment serves every metric of modes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from bench.data.base import Data, Modes
from bench.metrics._arrays import finite
from bench.metrics.base import Metric

SHARE = 0.1  # of its fair share of the samples: a mode with as much is there


@dataclass(frozen=True)
class Counts:
    """How many samples each mode got, and how many lie in none."""

    modes: Tensor  # [..., K] float64, samples of high quality
    nearest: Tensor  # [..., K] float64, all samples by the mode that is nearest
    outside: Tensor  # [...] float64
    n: int

    @property
    def inside(self) -> Tensor:
        return self.modes.sum(-1)


def count(fake: Tensor, modes: Modes) -> Counts:
    """Samples fake [..., N, *D] -> counts of every seed [...]. Raises NonFinite."""
    mode, counts = modes.assign(finite(fake, "samples"))  # [..., N] each
    seeds, n = mode.reshape(-1, mode.shape[-1]), mode.shape[-1]

    def histogram(which: Tensor) -> Tensor:
        empty = torch.zeros(len(seeds), len(modes.weights), dtype=torch.float64, device=mode.device)
        return empty.scatter_add_(1, seeds, which.reshape(seeds.shape).double()).view(*mode.shape[:-1], -1)

    return Counts(histogram(counts), histogram(torch.ones_like(counts)), n - counts.sum(-1).double(), n)


def enough(counts: Tensor, modes: Modes, n: int, share: float) -> Tensor:
    """Which modes have at least share · w_k · n samples, and one; counts [..., K] -> [..., K] bool."""
    return (counts >= share * (modes.weights.to(counts) * n)) & (counts > 0)


@dataclass(frozen=True, kw_only=True)
class ModeMetric(Metric):
    """A score that needs to know the modes of its data set."""

    def refuses(self, data: Data) -> str | None:
        return "its modes are not known" if data.modes is None else None

    def reference(self, data: Data) -> Any:
        assert data.modes is not None, "refused on loading"
        return data.modes
