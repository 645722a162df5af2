"""Exponential moving average of the weights; the average is evaluated, not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from bench.plugins.ranges import Decay
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext


@dataclass(frozen=True)
class EMA(Stabilizer):
    """average ← decay · average + (1 - decay) · theta after every step, from the initial weights on.

    Source: Yazıcı et al. 2019 (GANs); Ho et al. 2020, appendix B (diffusion). Both have .9999, for longer training.
    """

    decay: Decay = 0.999

    replaces: ClassVar[frozenset[str]] = frozenset({"weights that are evaluated"})

    def init_memory(self, game: Game, params: Params) -> Params:
        return {p: theta.clone() for p, theta in params.items()}

    def update_memory(self, memory: Params, params: Params, at: StepContext) -> Params:
        return {p: torch.lerp(params[p], memory[p], self.decay) for p in memory}

    def eval_params(self, params: Params, at: StepContext) -> Params:
        return dict(at.memory)
