"""One-sided label smoothing: real samples are called real with less than certainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import Decay
from bench.training.game import Game
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs

LABELLED = ("least_squares", "non_saturating", "saturating")


@dataclass(frozen=True)
class LabelSmoothing(Stabilizer):
    """The critic's label for real samples is 1 - amount in place of 1; that for fakes stays 0.

    With labels y the logistic loss is y·sp(-r) + (1-y)·sp(r) and least squares ½(r-y)²: both change by amount · E r,
    up to a constant, which is what is added to loss_D. Losses without labels are refused.
    Source: Salimans et al. 2016, section 3.4 (label .9).
    """

    amount: Decay = 0.1

    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "D"

    def refuses(self, game: Game) -> str | None:
        if vars(game).get("loss") not in LABELLED:
            return super().refuses(game) or f"it smooths labels, and only the losses {', '.join(LABELLED)} have them"
        return super().refuses(game)

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        return loss + self.amount * inputs.r.mean() if at.player == "D" else loss
