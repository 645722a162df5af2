"""Feature matching: the generator matches the critic's mean features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import NonNegative
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs


@dataclass(frozen=True)
class FeatureMatching(Stabilizer):
    """loss_G ← weight · ‖E φ(x) - E φ(x̃)‖² + adversarial · loss_G, φ the critic's last hidden layer.

    adversarial = 0 is the paper: the generator's own loss, with what stabilizers to the left added to it, is replaced.
    adversarial = 1 lets feature matching join it.
    Source: Salimans et al. 2016, section 3.1.
    """

    weight: NonNegative = 1.0
    adversarial: NonNegative = 0.0

    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "G"
    replaces: ClassVar[frozenset[str]] = frozenset({"loss:G"})

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        if at.player != "G":
            return loss
        gap = inputs.features(inputs.real).mean(0) - inputs.features(inputs.fake).mean(0)
        matched = self.weight * gap.square().sum()
        return matched + self.adversarial * loss if self.adversarial else matched
