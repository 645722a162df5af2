"""Gradient clipping: no gradient is longer than a given norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import Positive
from bench.training.hooks import Stabilizer
from bench.training.optimizers import Optimizer, Tree


@dataclass(frozen=True)
class GradClip(Stabilizer):
    """g ← g · min(1, norm/‖g‖₂), of each seed and each player on its own, before the optimizer sees g.

    Source: Pascanu et al. 2013, algorithm 1.
    """

    norm: Positive = 1.0

    replaces: ClassVar[frozenset[str]] = frozenset({"limit of a gradient's length"})

    def __post_init__(self) -> None:
        if self.norm <= 0:
            raise ValueError(f"norm={self.norm} must be above 0")

    def optimizer(self, optimizer: Optimizer, player: str) -> Optimizer:
        def update(grad: Tensor, memory: Tree, theta: Tensor) -> tuple[Tensor, Tree]:
            return optimizer.update(grad * (self.norm / grad.norm().clamp(min=self.norm)), memory, theta)

        return Optimizer(optimizer.init, update)
