"""P2 weighting: noise levels at which only fine detail is left count less."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench.diffusion import weights
from bench.plugins.ranges import NonNegative
from bench.training.game import Game
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import DenoisingInputs


@dataclass(frozen=True)
class P2(Stabilizer):
    """Weight 1/(1 + SNR)^γ on the error of ε.

    It takes the place of the model's own weight, whatever the target. Source: Choi et al. 2022 (P2; k = 1).
    """

    gamma: NonNegative = 1.0

    inputs_type: ClassVar[type] = DenoisingInputs
    replaces: ClassVar[frozenset[str]] = frozenset({"weight"})

    def refuses(self, game: Game) -> str | None:
        return super().refuses(game) or (weights.NO_LAST_LEVEL if weights.silent_end(game) else None)

    def loss_inputs(self, inputs: DenoisingInputs, at: StepContext) -> DenoisingInputs:
        return replace(inputs, weight=lambda t: weights.p2(inputs.path, t, self.gamma))
