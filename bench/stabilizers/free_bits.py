"""Free bits: a latent coordinate carries a few nats at no cost, so that none goes unused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import NonNegative
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import VAEInputs


@dataclass(frozen=True)
class FreeBits(Stabilizer):
    """β Σ_j max(λ, E KL_j) in place of β Σ_j E KL_j, over the latent coordinates j; λ = `nats`.

    E is the mean over the batch. Source: Kingma et al. 2016 (IAF), free bits, with groups of one; .1 is ours.
    """

    nats: NonNegative = 0.1

    inputs_type: ClassVar[type] = VAEInputs

    def loss(self, loss: Tensor, inputs: VAEInputs, at: StepContext) -> Tensor:
        kl = inputs.kl.mean(0)
        return loss + inputs.beta * (self.nats - kl).relu().sum()
