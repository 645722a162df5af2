"""Path length regularization: steps in z move the image by a constant length."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod, sqrt
from typing import ClassVar

import torch
from torch import Tensor

from bench.stabilizers._lazy import due, lazily, paced, positive
from bench.training.game import Game, Params
from bench.training.hooks import Moment, Stabilizer
from bench.training.optimizers import Transform
from bench.training.scenes import Duel, safe_norm


@dataclass(frozen=True)
class PathLength(Stabilizer):
    """loss_G + weight · E(‖Jᵀy‖₂ - a)² with J = ∂G/∂z, y ~ N(0, I)/√(number of pixels), a the running mean of ‖Jᵀy‖₂.

    a ← decay · a + (1 - decay) · mean. For points, y is divided by 1. The lengths that a follows are drawn apart.
    `every` asks for it, and for the mean, every so many steps only, that much stronger; `paced` adds the paper's slower
    optimizer (see `_lazy.py`).
    Source: Karras et al. 2020 (StyleGAN2), eq. 4, on z in place of w; its code has weight 2, decay .99 and every = 4.
    """

    weight: float = 2.0
    decay: float = 0.99
    every: int = 1
    paced: bool = False

    scene_type: ClassVar[type] = Duel

    def __post_init__(self) -> None:
        positive(self.every)

    def optimizer(self, transform: Transform, player: str) -> Transform:
        return paced(self.every, transform) if self.paced and player == "G" else transform

    def begin(self, game: Game, params: Params) -> Tensor:
        return params["G"].new_zeros(())

    def loss(self, loss: Tensor, scene: Duel, at: Moment) -> Tensor:
        if at.player != "G":
            return loss
        return loss + lazily(self.every, at, lambda: self.weight * (lengths(scene, at) - at.memory).square().mean())

    def observe(self, scene: Duel, at: Moment) -> Tensor | tuple[()]:
        return lengths(scene, at).mean() if at.player == "G" and due(self.every, at) else ()

    def remember(self, memory: Tensor, params: Params, at: Moment) -> Tensor:
        return torch.lerp(at.seen["G"], memory, self.decay) if due(self.every, at) else memory


def lengths(scene: Duel, at: Moment) -> Tensor:
    """‖Jᵀy‖₂ [B]."""
    y = at.rng.normal(*scene.fake.shape) / sqrt(prod(scene.fake.shape[2:]))
    return safe_norm(torch.func.grad(lambda z: (scene.generate(z) * y).sum())(scene.z).flatten(1))
