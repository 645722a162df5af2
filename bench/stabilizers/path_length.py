"""Path length regularization: steps in z move the image by a constant length."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod, sqrt
from typing import ClassVar

import torch
from torch import Tensor

from bench.models.base import Game, Params
from bench.scenes import Duel, safe_norm
from bench.stabilizers._lazy import lazily, positive
from bench.stabilizers.base import Moment, Stabilizer


@dataclass(frozen=True)
class PathLength(Stabilizer):
    """loss_G + weight · E(‖Jᵀy‖₂ - a)² with J = ∂G/∂z, y ~ N(0, I)/√(number of pixels), a the running mean of ‖Jᵀy‖₂.

    a ← decay · a + (1 - decay) · mean. For points, y is divided by 1. The lengths that a follows are drawn apart.
    `every` asks for it every so many steps only, that much stronger (see `_lazy.py`; the paper has 4 in its code).
    Source: Karras et al. 2020 (StyleGAN2), eq. 4, on z in place of w.
    """

    weight: float = 2.0
    decay: float = 0.99
    every: int = 1

    scene_type: ClassVar[type] = Duel

    def __post_init__(self) -> None:
        positive(self.every)

    def begin(self, game: Game, params: Params) -> Tensor:
        return params["G"].new_zeros(())

    def loss(self, loss: Tensor, scene: Duel, at: Moment) -> Tensor:
        if at.player != "G":
            return loss
        return loss + lazily(self.every, at, self.weight * (lengths(scene, at) - at.memory).square().mean())

    def observe(self, scene: Duel, at: Moment) -> Tensor | tuple[()]:
        return lengths(scene, at).mean() if at.player == "G" else ()

    def remember(self, memory: Tensor, params: Params, at: Moment) -> Tensor:
        return torch.lerp(at.seen["G"], memory, self.decay)


def lengths(scene: Duel, at: Moment) -> Tensor:
    """‖Jᵀy‖₂ [B]."""
    y = at.rng.normal(*scene.fake.shape) / sqrt(prod(scene.fake.shape[2:]))
    return safe_norm(torch.func.grad(lambda z: (scene.generate(z) * y).sum())(scene.z).flatten(1))
