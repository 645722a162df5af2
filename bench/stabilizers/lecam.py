"""LeCam regularization: logits are held near where they have been on average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import Decay, NonNegative
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs


@dataclass(frozen=True)
class LeCam(Stabilizer):
    """loss_D + weight · {E relu(r - α_F)² + E relu(α_R - f)²}; α_R and α_F average the means of r and f.

    α ← decay · α + (1 - decay) · mean after every step, from the first step's mean on.
    Source: Tseng et al. 2021 (LeCam), in the rectified form of the authors' code, which has weight .3 on CIFAR-10.
    """

    weight: NonNegative = 0.3
    decay: Decay = 0.99

    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "D"

    def init_memory(self, game: Game, params: Params) -> dict[str, Tensor]:
        return {"real": params["D"].new_zeros(()), "fake": params["D"].new_zeros(())}

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        if at.player != "D":
            return loss
        real, fake = (inputs.r - at.memory["fake"]).relu(), (at.memory["real"] - inputs.f).relu()
        distance: Tensor = real.square().mean() + fake.square().mean()
        return loss + self.weight * distance

    def collect(self, inputs: AdversarialInputs, at: StepContext) -> dict[str, Tensor]:
        return {"real": inputs.r.mean(), "fake": inputs.f.mean()} if at.player == "D" else {}

    def update_memory(self, memory: dict[str, Tensor], params: Params, at: StepContext) -> dict[str, Tensor]:
        kept = self.decay * (at.step > 0)
        return {k: kept * memory[k] + (1 - kept) * mean for k, mean in at.collected["D"].items()}
