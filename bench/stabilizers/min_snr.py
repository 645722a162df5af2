"""Min-SNR weighting: easy noise levels count no more than hard ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench.diffusion import weights
from bench.plugins.ranges import Positive
from bench.training.game import Game
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import DenoisingInputs


@dataclass(frozen=True)
class MinSNR(Stabilizer):
    """Weight min(SNR, γ) on the error of x0: min(SNR, γ)/SNR on that of ε.

    It takes the place of the model's own weight, whatever the target. Source: Hang et al. 2023 (γ = 5).
    """

    gamma: Positive = 5.0

    inputs_type: ClassVar[type] = DenoisingInputs
    replaces: ClassVar[frozenset[str]] = frozenset({"weight"})

    def refuses(self, game: Game) -> str | None:
        return super().refuses(game) or (weights.NO_LAST_LEVEL if weights.silent_end(game) else None)

    def loss_inputs(self, inputs: DenoisingInputs, at: StepContext) -> DenoisingInputs:
        return replace(inputs, weight=lambda t: weights.min_snr(inputs.path, t, self.gamma))
