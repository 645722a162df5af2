"""DRAGAN: the critic's slope is pulled towards 1 around the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import NonNegative
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs, squared_distance


@dataclass(frozen=True)
class DRAGAN(Stabilizer):
    """loss_D + weight · E(‖∇D(x̂)‖₂ - target)², x̂ = x + α · ½ · std(x) · u, with α, u ~ U(0, 1).

    u has a number for every coordinate, α one for every sample; std(x) is that of all numbers of the batch.
    Source: Kodali et al. 2017 (DRAGAN; λ = 10), with the perturbation of its authors' code.
    """

    weight: NonNegative = 10.0
    target: NonNegative = 1.0

    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "D"

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        if at.player != "D":
            return loss
        x = inputs.real
        a, u = at.rng.uniform(len(x), *[1] * (x.ndim - 1)), at.rng.uniform(*x.shape)
        around = x + a * 0.5 * x.std() * u
        return loss + self.weight * squared_distance(inputs.critic, around, self.target).mean()
