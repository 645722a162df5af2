"""Negative momentum: every step takes back a part of the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from bench.plugins.ranges import Range
from bench.training.hooks import Stabilizer
from bench.training.optimizers import Optimizer, Tree


@dataclass(frozen=True)
class NegativeMomentum(Stabilizer):
    """θ_{t+1} = θ_t + δ_t + β (θ_t - θ_{t-1}), δ the step of the optimizer underneath, β < 0, each player alone.

    On a bilinear game it converges when players move in turn, which is the default, and not when they move at once.
    Source: Gidel et al. 2019 (negative momentum), sections 4 and 5 (β = -½).
    """

    beta: Annotated[float, Range(above=-1, below=1)] = -0.5

    def optimizer(self, optimizer: Optimizer, player: str) -> Optimizer:
        def init(theta: Tensor) -> Tree:
            return {"inner": optimizer.init(theta), "last": torch.zeros_like(theta)}

        def update(grad: Tensor, memory: Tree, theta: Tensor) -> tuple[Tensor, Tree]:
            delta, inner = optimizer.update(grad, memory["inner"], theta)
            moved = delta + self.beta * memory["last"]
            return moved, {"inner": inner, "last": moved}

        return Optimizer(init, update)
