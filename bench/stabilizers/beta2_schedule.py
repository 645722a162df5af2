"""Adam's memory of squared gradients grows longer while training goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.plugins.ranges import Count, Decay
from bench.stabilizers._cosine import between
from bench.training.hooks import Stabilizer
from bench.training.optimizers import Optimizer


@dataclass(frozen=True)
class Beta2Schedule(Stabilizer):
    """β₂ goes from `start` to `to` by half a cosine over so many updates of a player, in place of the model's own.

    Adam's correction of its start is 1 - β₂ᵗ with the β₂ of the moment, as in the paper's code.
    Source: Huang et al. 2024 (R3GAN; .9 to .99 in its code); Loshchilov & Hutter 2017, eq. 5 (the cosine).
    """

    start: Decay = 0.9
    to: Decay = 0.99
    steps: Count = 20_000

    replaces: ClassVar[frozenset[str]] = frozenset({"second decay rate of Adam"})

    def optimizer(self, optimizer: Optimizer, player: str) -> Optimizer:
        if optimizer.with_beta2 is None:
            raise ValueError(
                "beta2_schedule is for adam and adamw: write it left of whatever else alters the optimizer"
            )
        return optimizer.with_beta2(lambda t: between(self.start, self.to, t, self.steps))
