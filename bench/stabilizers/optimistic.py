"""Optimism: every step counts on the next gradient to be changed as the last one was."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from bench.training.hooks import Stabilizer
from bench.training.optimizers import Optimizer, Tree


@dataclass(frozen=True)
class Optimistic(Stabilizer):
    """θ ← θ + 2δ_t - δ_{t-1}, with δ the step of the optimizer underneath; the step before the first is taken as 0.

    The analysis is of players who move at once (`+ simultaneous`). Around Adam it is OptimisticAdam.
    Source: Daskalakis et al. 2018, algorithm 1 (optimistic Adam).
    """

    def optimizer(self, optimizer: Optimizer, player: str) -> Optimizer:
        def init(theta: Tensor) -> Tree:
            return {"inner": optimizer.init(theta), "last": torch.zeros_like(theta)}

        def update(grad: Tensor, memory: Tree, theta: Tensor) -> tuple[Tensor, Tree]:
            delta, inner = optimizer.update(grad, memory["inner"], theta)
            return 2 * delta - memory["last"], {"inner": inner, "last": delta}

        return Optimizer(init, update)
