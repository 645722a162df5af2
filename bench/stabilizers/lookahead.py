"""Lookahead: from time to time all players step back towards where they were."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from bench.plugins.ranges import Count, SomeShare
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext


@dataclass(frozen=True)
class Lookahead(Stabilizer):
    """Every `every` whole steps: slow ← slow + rate · (fast - slow) and fast ← slow, all players together.

    Slow weights start at the initial weights; optimizers keep their memories.
    Source: Zhang et al. 2019 (Lookahead), algorithm 1; Chavdarova et al. 2021, algorithm 1 (k = 5, α = .5).
    """

    every: Count = 5
    rate: SomeShare = 0.5

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"every={self.every} must be at least 1")

    def init_memory(self, game: Game, params: Params) -> Params:
        return {p: theta.clone() for p, theta in params.items()}

    def params_after_step(self, params: Params, at: StepContext) -> Params:
        return {
            p: torch.where(self._meets(at), at.memory[p] + self.rate * (fast - at.memory[p]), fast)
            for p, fast in params.items()
        }

    def update_memory(self, memory: Params, params: Params, at: StepContext) -> Params:
        return {p: torch.where(self._meets(at), params[p], slow) for p, slow in memory.items()}

    def _meets(self, at: StepContext) -> torch.Tensor:
        return (at.step + 1) % self.every == 0
