"""Latent consistency regularization: a small step in z leaves the critic's logit and changes the sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import NonNegative
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs


@dataclass(frozen=True)
class ZCR(Stabilizer):
    """loss_D + critic · E(D(G(z)) - D(G(z + Δ)))² and loss_G - generator · E(G(z) - G(z + Δ))², Δ ~ N(0, radius² I).

    Both are means, the second over all coordinates of all samples.
    Source: Zhao et al. 2021 (ICR); 20, .5 and .05 as in PyTorch-StudioGAN's configurations of it for CIFAR-10.
    """

    critic: NonNegative = 20.0
    generator: NonNegative = 0.5
    radius: NonNegative = 0.05

    inputs_type: ClassVar[type] = AdversarialInputs

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        z = inputs.z + self.radius * at.rng.normal(*inputs.z.shape)
        if at.player == "D":
            change = inputs.critic(inputs.generate(inputs.z)) - inputs.critic(inputs.generate(z))
            return loss + self.critic * change.square().mean()
        return loss - self.generator * (inputs.generate(inputs.z) - inputs.generate(z)).square().mean()
