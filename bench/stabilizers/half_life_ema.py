"""Exponential moving average of the weights with a half-life, shorter at the start of training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.plugins.ranges import NonNegative, Positive
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext


@dataclass(frozen=True)
class HalfLifeEMA(Stabilizer):
    """average ← β_k · average + (1 - β_k) · theta with β_k = 2^(-1/min(half_life, ramp · k)) after step k.

    `half_life` counts steps, and 1000 are ours; ramp = 0 does without the ramp.
    Source: Karras et al. 2020 (ADA), whose code counts images in place of steps and has ramp = .05.
    """

    half_life: Positive = 1000.0
    ramp: NonNegative = 0.05

    replaces: ClassVar[frozenset[str]] = frozenset({"weights that are evaluated"})

    def __post_init__(self) -> None:
        if self.half_life <= 0 or self.ramp < 0:
            raise ValueError("half_life is above 0 and ramp not below 0")

    def init_memory(self, game: Game, params: Params) -> Params:
        return {p: theta.clone() for p, theta in params.items()}

    def update_memory(self, memory: Params, params: Params, at: StepContext) -> Params:
        life = (self.ramp * (at.step + 1)).clamp(max=self.half_life) if self.ramp else self.half_life
        beta = 0.5 ** (1 / life)
        return {p: beta * memory[p] + (1 - beta) * params[p] for p in memory}

    def eval_params(self, params: Params, at: StepContext) -> Params:
        return dict(at.memory)
