"""Historical averaging: every player is drawn to the mean of its past weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from bench.plugins.ranges import NonNegative
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext


@dataclass(frozen=True)
class HistoricalAveraging(Stabilizer):
    """loss + weight · ‖θ - (1/k) Σ_{i<k} θ_i‖² over the weights after each of the k steps so far and the initial ones.

    Source: Salimans et al. 2016, section 3.3.
    """

    weight: NonNegative = 1.0

    def init_memory(self, game: Game, params: Params) -> Params:
        return {p: theta.clone() for p, theta in params.items()}

    def loss(self, loss: Tensor, inputs: Any, at: StepContext) -> Tensor:
        distance: Tensor = (at.params[at.player] - at.memory[at.player]).square().sum()
        return loss + self.weight * distance

    def update_memory(self, memory: Params, params: Params, at: StepContext) -> Params:
        return {p: mean + (params[p] - mean) / (at.step + 2) for p, mean in memory.items()}
