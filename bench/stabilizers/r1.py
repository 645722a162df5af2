"""R1: the critic's squared slope at real samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.stabilizers._lazy import lazily, paced, positive
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs, squared_gradient_norm
from bench.training.optimizers import Optimizer


@dataclass(frozen=True)
class R1(Stabilizer):
    """loss_D + weight/2 · E‖∇D(x)‖² on real samples x; weight is the paper's γ.

    `every` asks for it every so many steps only, that much stronger (lazy regularization; see `_lazy.py`), `paced` for
    the slower optimizer that the paper has beside it.
    Source: Mescheder et al. 2018, eq. 9 (γ = 10 on images, 1 is ours); Karras et al. 2020 (StyleGAN2), appendix B.
    """

    weight: float = 1.0
    every: int = 1
    paced: bool = False

    inputs_type: ClassVar[type] = AdversarialInputs

    def __post_init__(self) -> None:
        positive(self.every)

    def optimizer(self, optimizer: Optimizer, player: str) -> Optimizer:
        return paced(self.every, optimizer) if self.paced and player == "D" else optimizer

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        if at.player != "D":
            return loss
        return loss + lazily(
            self.every, at, lambda: self.weight / 2 * squared_gradient_norm(inputs.critic, inputs.real).mean()
        )
