"""BEGAN: real and fake energies are held in a set ratio by a weight that adapts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.models.ebgan import EBGAN
from bench.plugins.ranges import NonNegative, Positive
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs


@dataclass(frozen=True)
class BEGAN(Stabilizer):
    """loss_D = E(x) - k E(x̃) in place of the margin; k ← clamp(k + rate (gamma E(x) - E(x̃)), 0, 1) after every step.

    k starts at 0; gamma is the ratio E(x̃)/E(x) that is aimed at, small for sharp and large for diverse samples.
    Source: Berthelot et al. 2017, section 3.4 (gamma .5, rate .001; the paper's energy is ebgan(power=1)).
    """

    gamma: NonNegative = 0.5
    rate: Positive = 1e-3

    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "D"
    replaces: ClassVar[frozenset[str]] = frozenset({"loss:D"})

    def refuses(self, game: Game) -> str | None:
        name = type(game).__name__.lower()
        return (
            None if isinstance(game, EBGAN) else f"it balances energies, and the critic of {name} has none: use ebgan"
        )

    def init_memory(self, game: Game, params: Params) -> Tensor:
        return params["D"].new_zeros(())

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        if at.player != "D":
            return loss
        added = loss - at.game.objective("D", inputs)  # by other stabilizers
        balanced: Tensor = added + at.memory * inputs.f.mean() - inputs.r.mean()
        return balanced

    def collect(self, inputs: AdversarialInputs, at: StepContext) -> Tensor | tuple[()]:
        return inputs.f.mean() - self.gamma * inputs.r.mean() if at.player == "D" else ()

    def update_memory(self, memory: Tensor, params: Params, at: StepContext) -> Tensor:
        balance: Tensor = memory + self.rate * at.collected["D"]
        return balance.clamp(0, 1)
