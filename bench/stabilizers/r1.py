"""R1: the critic's squared slope at real samples."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from bench.plugins.ranges import Count, NonNegative
from bench.stabilizers._lazy import PacedPenalty
from bench.training.hooks import StepContext
from bench.training.loss_inputs import AdversarialInputs, squared_gradient_norm


@dataclass(frozen=True)
class R1(PacedPenalty):
    """loss_D + weight/2 · E‖∇D(x)‖² on real samples x; weight is the paper's γ.

    `every` asks for it every so many steps only, that much stronger (lazy regularization; see `_lazy.py`), `paced` for
    the slower optimizer that the paper has beside it.
    Source: Mescheder et al. 2018, eq. 9 (γ = 10 on images, 1 is ours); Karras et al. 2020 (StyleGAN2), appendix B.
    """

    weight: NonNegative = 1.0
    every: Count = 1
    paced: bool = False

    def penalty(self, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        return self.weight / 2 * squared_gradient_norm(inputs.critic, inputs.real).mean()
