"""Consistency regularization: the critic gives a sample and its augmentation the same logit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import NonNegative
from bench.stabilizers import _images as images
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.rng import Rng


@dataclass(frozen=True)
class Consistency(Stabilizer):
    """loss_D + real · E(D(x) - D(Tx))² + fake · E(D(x̃) - D(Tx̃))².

    fake = 0 is CR, fake = 10 is bCR (balanced). T flips an image and shifts it by up to 1/8; to points, which have no such
    symmetries, it adds N(0, radius²) noise, `radius` in units of the data's standard deviation (ours, not the
    papers').
    Source: Zhang et al. 2020 (CR); Zhao et al. 2021 (ICR), which has bCR.
    """

    real: NonNegative = 10.0
    fake: NonNegative = 0.0
    radius: NonNegative = 0.05

    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "D"

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        if at.player != "D":
            return loss
        if self.real:
            loss = loss + self.real * (inputs.r - inputs.critic(self._moved(inputs.real, at.rng))).square().mean()
        if self.fake:
            loss = loss + self.fake * (inputs.f - inputs.critic(self._moved(inputs.fake, at.rng))).square().mean()
        return loss

    def _moved(self, x: Tensor, rng: Rng) -> Tensor:
        """T(x) [B, *D]."""
        if x.ndim == 4:
            return images.shift(images.flip(x, rng), rng)
        return x + self.radius * rng.normal(*x.shape)
