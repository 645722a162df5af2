"""Annealing: an option of a penalty, or of what a loss sees, goes to another value while training goes on."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from bench.data.base import Data
from bench.plugins import close, options, outside, word_of
from bench.plugins.ranges import Count, Signed
from bench.stabilizers._cosine import between
from bench.stabilizers.r1 import R1
from bench.training.game import Game
from bench.training.hooks import Stabilizer, StepContext, hooks_of
from bench.training.optimizers import Optimizer

FITTING = frozenset({"loss", "loss_inputs", "optimizer"})


@dataclass(frozen=True)
class Anneal(Stabilizer):
    """Another stabilizer, one of whose options goes to `to` by half a cosine over `steps` steps, and stays there.

    `anneal(r1(weight=2), option=weight, to=0.2)`: at each step the stabilizer alters losses and their inputs as it would with
    the option's value of that step; what it makes of the optimizer does not change. R3GAN has it for the weights of R1 and R2
    (there a tenth of the first). The value is a tensor: an option on which a stabilizer decides by `if` can't be traced.
    Source: Huang et al. 2024 (R3GAN), by its code; Loshchilov & Hutter 2017, eq. 5 (the cosine).
    """

    part: Stabilizer = field(default_factory=R1)
    option: str = "weight"
    to: Signed = 0.1
    steps: Count = 20_000

    def __post_init__(self) -> None:
        word, known = word_of(type(self.part)), {o.name: o for o in options(type(self.part)) if o.kind is float}
        if isinstance(self.part, Anneal):
            raise ValueError("anneal takes a stabilizer that is not annealed already")
        if other := sorted(set(hooks_of(type(self.part))) - FITTING):
            raise ValueError(f"anneal changes what losses see; {word} works on {' and '.join(other)} too")
        if self.option not in known:
            raise ValueError(
                f"'{self.option}' is no option of {word} that is a number with a fraction{close(self.option, known)}"
                f" (those are: {', '.join(known) or 'none'})"
            )
        if why := outside(self.to, known[self.option].declared):
            raise ValueError(f"to={self.to:g} for {self.option} of {word}: {why}")

    def now(self, at: StepContext) -> Stabilizer:
        """The stabilizer with the option's value of this step."""
        value = between(getattr(self.part, self.option), self.to, at.step, self.steps)
        part = copy(self.part)
        object.__setattr__(part, self.option, value)
        return part

    def loss_inputs(self, inputs: Any, at: StepContext) -> Any:
        return self.now(at).loss_inputs(inputs, at)

    def loss(self, loss: Tensor, inputs: Any, at: StepContext) -> Tensor:
        return self.now(at).loss(loss, inputs, at)

    def optimizer(self, transform: Optimizer, player: str) -> Optimizer:
        return self.part.optimizer(transform, player)

    def refuses(self, game: Game) -> str | None:
        return self.part.refuses(game)

    def refuses_data(self, data: Data) -> str | None:
        return self.part.refuses_data(data)

    def refuses_batch(self, batch: int) -> str | None:
        return self.part.refuses_batch(batch)

    def refuses_beside(self, other: Stabilizer) -> str | None:
        return self.part.refuses_beside(other)

    @property
    def lazy(self) -> bool:
        return self.part.lazy

    @property
    def inputs_type(self) -> type:  # type: ignore[override]
        return self.part.inputs_type

    @property
    def replaces(self) -> frozenset[str]:  # type: ignore[override]
        return self.part.replaces

    @property
    def works_on(self) -> str:  # type: ignore[override]
        return self.part.works_on

    @property
    def ranks(self) -> bool:  # type: ignore[override]
        return self.part.ranks

    @property
    def packs(self) -> bool:  # type: ignore[override]
        return self.part.packs
