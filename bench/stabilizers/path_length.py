"""Path length regularization: steps in z move the image by a constant length."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod, sqrt
from typing import ClassVar

import torch
from torch import Tensor

from bench.plugins.ranges import Count, Decay, NonNegative
from bench.stabilizers._lazy import PacedPenalty, due
from bench.training.game import Game, Params
from bench.training.hooks import StepContext
from bench.training.loss_inputs import AdversarialInputs, safe_norm


@dataclass(frozen=True)
class PathLength(PacedPenalty):
    """loss_G + weight · E(‖Jᵀy‖₂ - a)² with J = ∂G/∂z, y ~ N(0, I)/√(number of pixels), a the running mean of ‖Jᵀy‖₂.

    a ← decay · a + (1 - decay) · mean. For points, y is divided by 1. The lengths that a follows are drawn apart.
    `every` asks for it, and for the mean, every so many steps only, that much stronger; `paced` adds the paper's slower
    optimizer (see `_lazy.py`).
    Source: Karras et al. 2020 (StyleGAN2), eq. 4, on z in place of w; its code has weight 2, decay .99 and every = 4.
    """

    weight: NonNegative = 2.0
    decay: Decay = 0.99
    every: Count = 1
    paced: bool = False

    works_on: ClassVar[str] = "G"

    def init_memory(self, game: Game, params: Params) -> Tensor:
        return params["G"].new_zeros(())

    def penalty(self, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        strayed: Tensor = lengths(inputs, at) - at.memory
        return self.weight * strayed.square().mean()

    def collect(self, inputs: AdversarialInputs, at: StepContext) -> Tensor | tuple[()]:
        return lengths(inputs, at).mean() if at.player == "G" and due(self.every, at) else ()

    def update_memory(self, memory: Tensor, params: Params, at: StepContext) -> Tensor:
        return torch.lerp(at.collected["G"], memory, self.decay) if due(self.every, at) else memory


def lengths(inputs: AdversarialInputs, at: StepContext) -> Tensor:
    """‖Jᵀy‖₂ [B]."""
    x, pull, *_ = torch.func.vjp(inputs.generate, inputs.z)  # of samples, where the critic sees several at once too
    y = at.rng.normal(*x.shape) / sqrt(prod(x.shape[2:]))
    return safe_norm(pull(y)[0].flatten(1))
