"""Maximum gradient penalty: the critic's largest squared slope between real and fake samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import NonNegative
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs, squared_gradient_norm


@dataclass(frozen=True)
class MaxGradientPenalty(Stabilizer):
    """loss_D + weight · max_i ‖∇D(x̂_i)‖², x̂ = a·real + (1-a)·fake, a ~ U(0, 1) for each sample of the batch.

    Source: Zhou et al. 2019 (Lipschitz GANs); its code has weight .1 on CIFAR-10, 10 is ours.
    """

    weight: NonNegative = 10.0

    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "D"

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        if at.player != "D":
            return loss
        a = at.rng.uniform(len(inputs.real), *[1] * (inputs.real.ndim - 1))
        between = a * inputs.real + (1 - a) * inputs.fake
        return loss + self.weight * squared_gradient_norm(inputs.critic, between).amax()
