"""Orthogonal regularization: the rows of every weight matrix are pushed apart, their lengths left free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from bench.plugins.ranges import NonNegative
from bench.stabilizers._matrices import matrices
from bench.stabilizers._players import lacks
from bench.training.game import Game
from bench.training.hooks import Stabilizer, StepContext


@dataclass(frozen=True)
class Orthogonal(Stabilizer):
    """loss + weight · Σ_W ‖WWᵀ ∘ (1 - I)‖²_F over the player's raw weight matrices W [out, rest].

    `players` names whose weights are regularized; () is all players (the paper's is the generator alone).
    Source: Brock et al. 2019 (BigGAN), section 3.1.
    """

    weight: NonNegative = 1e-4
    players: tuple[str, ...] = ()

    def refuses(self, game: Game) -> str | None:
        return lacks(game, self.players)

    def loss(self, loss: Tensor, inputs: Any, at: StepContext) -> Tensor:
        if self.players and at.player not in self.players:
            return loss
        found = matrices(at.game.nets[at.player], at.params[at.player]).values()
        return loss + self.weight * sum(overlap(w) for w in found)


def overlap(w: Tensor) -> Tensor:
    """Σ_{i≠j} (w_i · w_j)² over the rows of w [out, rest]."""
    products = w @ w.t()
    return (products * (1 - torch.eye(len(w), dtype=w.dtype, device=w.device))).square().sum()
