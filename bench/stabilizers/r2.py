"""R2: the critic's squared slope at fake samples."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from bench.plugins.ranges import Count, NonNegative
from bench.stabilizers._lazy import LazyPenalty
from bench.training.hooks import StepContext
from bench.training.loss_inputs import AdversarialInputs, squared_gradient_norm


@dataclass(frozen=True)
class R2(LazyPenalty):
    """loss_D + weight/2 · E‖∇D(x̃)‖² on fake samples x̃; weight is the paper's γ.

    Together with `r1` and gan(loss=relativistic) it is the loss of R3GAN (Huang et al. 2024).
    `every` asks for it every so many steps only, that much stronger (lazy regularization; see `_lazy.py`).
    Source: Mescheder et al. 2018, eq. 10.
    """

    weight: NonNegative = 1.0
    every: Count = 1

    def penalty(self, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        return self.weight / 2 * squared_gradient_norm(inputs.critic, inputs.fake).mean()
