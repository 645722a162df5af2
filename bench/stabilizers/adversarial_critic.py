"""An adversarially robust critic: it is also trained on samples moved against it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor

from bench.plugins.ranges import NonNegative
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs, expand_like, safe_norm


@dataclass(frozen=True)
class AdversarialCritic(Stabilizer):
    """loss_D + weight · loss_D(x + δ, x̃ + δ'), each δ one step of length `radius` up the critic's own loss.

    norm = l2: δ = radius · g/‖g‖₂, norm = linf: δ = radius · sign(g), with g the gradient of the model's loss_D with
    respect to the sample; δ is not differentiated. `radius` is in units of points' standard deviation
    and of images' [-1, 1]. The defaults are ours.
    Source: Zhou & Krähenbühl 2019 (Don't let your discriminator be fooled); Goodfellow et al. 2015 (fast gradient sign).
    """

    weight: NonNegative = 1.0
    radius: NonNegative = 0.05
    norm: Literal["l2", "linf"] = "l2"

    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "D"

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        if at.player != "D":
            return loss

        def attacked(real: Tensor, fake: Tensor) -> Tensor:
            return at.game.objective("D", replace(inputs, real=real, fake=fake))

        ascent = torch.func.grad(attacked, argnums=(0, 1))(inputs.real, inputs.fake)
        real, fake = (self._moved(x, g.detach()) for x, g in zip((inputs.real, inputs.fake), ascent, strict=True))
        return loss + self.weight * attacked(real, fake)

    def _moved(self, x: Tensor, g: Tensor) -> Tensor:
        """x + δ [B, *D]; a sample of no slope stays."""
        if self.norm == "linf":
            return x + self.radius * g.sign()
        length = safe_norm(g.flatten(1))
        return x + self.radius * g / expand_like(torch.where(length == 0, 1.0, length), g)
