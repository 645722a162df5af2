"""Lazy regularization: a penalty every k steps, k times as strong, has the same mean gradient.

At the steps in between it is not computed at all, which is where the time is saved. The branch is an ordinary `if`:
every seed of an ensemble is at the same step, and that step is known as a plain number where the noise comes from. A
step that is traced once and replayed is therefore two programs, one with the penalty and one without.

Whoever looks at the game (a probe, a loss trace) sees the mean one, penalty() at every step: what it reads is not
that of the step's place in the period.

The penalty joins the loss of that one step, so the optimizer takes as many steps as without it. StyleGAN2 makes a
separate optimizer step of it, k + 1 steps where there were k, and corrects the learning rate to lr · c and Adam's betas
to βᶜ with c = k/(k + 1) for that reason. Here nothing needs the correction; `paced` makes it, to have the paper's pace.
Source: Karras et al. 2020 (StyleGAN2), appendix B.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import Count
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.optimizers import Optimizer


class LazyPenalty(Stabilizer):
    """A penalty on one player's loss that may come every so many steps only; a subclass has the option `every`."""

    every: Count
    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "D"

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"every={self.every}: a penalty comes every step (1) or more rarely")

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        if at.player != self.works_on:
            return loss
        return loss + lazily(self.every, at, lambda: self.penalty(inputs, at))

    @property
    def lazy(self) -> bool:
        return self.every > 1

    @abstractmethod
    def penalty(self, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        """The penalty of a step at which it is due, a scalar."""


class PacedPenalty(LazyPenalty):
    """One with the option `paced`: the slower optimizer that StyleGAN2 has beside a lazy penalty."""

    paced: bool

    def optimizer(self, optimizer: Optimizer, player: str) -> Optimizer:
        return paced(self.every, optimizer) if self.paced and player == self.works_on else optimizer


def due(every: int, at: StepContext) -> bool:
    """Whether the penalty is asked for at this step: at 0, every, 2·every, …"""
    return at.mean or at.rng.decides(lambda step: step % every == 0)


def lazily(every: int, at: StepContext, penalty: Callable[[], Tensor]) -> Tensor | float:
    """every · penalty() where it is due; 0 at the other steps, and nothing is computed. In the mean game: penalty()."""
    if at.mean:
        return penalty()
    return every * penalty() if due(every, at) else 0.0


def paced(every: int, transform: Optimizer) -> Optimizer:
    """The optimizer with lr · c and βᶜ, c = every/(every + 1). Raises ValueError where it has been wrapped already."""
    if transform.scale_rate is None:
        raise ValueError("paced=True changes the optimizer's own betas: write it left of whatever alters the optimizer")
    return transform.scale_rate(every / (every + 1))
