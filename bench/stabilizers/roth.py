"""The Jensen-Shannon regularizer: slopes count where the critic is unsure, less and less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import NonNegative, Whole
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs, squared_gradient_norm


@dataclass(frozen=True)
class Roth(Stabilizer):
    """loss_D + γ_k/2 · E[(1 - σ(r))² ‖∇r‖² + σ(f)² ‖∇f‖²], γ_k = weight · final^(k/until) at step k.

    σ(r) = σ(D(x)) is the probability that the critic gives to "real". After `until` steps the weight stays at
    weight · final; until = 0 never anneals.
    Source: Roth et al. 2017, algorithm 1; `weight` and `final` are those of its authors' code.
    """

    weight: NonNegative = 0.1
    final: NonNegative = 0.01
    until: Whole = 10_000

    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "D"

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        if at.player != "D":
            return loss
        weight = self.weight * self.final ** (at.step / self.until).clamp(max=1) if self.until else self.weight
        real = (-inputs.r).sigmoid().square() * squared_gradient_norm(inputs.critic, inputs.real)
        fake = inputs.f.sigmoid().square() * squared_gradient_norm(inputs.critic, inputs.fake)
        return loss + weight / 2 * (real + fake).mean()
