"""Stochastic weight averaging: the plain mean of the weights of later steps is evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from bench.plugins.ranges import Count, Whole
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext


@dataclass(frozen=True)
class SWA(Stabilizer):
    """mean of theta after steps start, start + every, start + 2·every, …; before the first of them theta itself.

    Source: Izmailov et al. 2018, algorithm 1 (which averages the last quarter of training). The learning rate is left
    to a schedule; for GANs with start = 0 it is uniform averaging (Yazıcı et al. 2019).
    """

    start: Whole = 0
    every: Count = 1

    replaces: ClassVar[frozenset[str]] = frozenset({"weights that are evaluated"})

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"every={self.every}: weights are averaged every step (1) or more rarely")

    def init_memory(self, game: Game, params: Params) -> Any:
        count = next(iter(params.values())).new_zeros(())
        return count, {p: theta.clone() for p, theta in params.items()}

    def update_memory(self, memory: Any, params: Params, at: StepContext) -> Any:
        count, means = memory
        done = at.step + 1
        due = (done >= self.start) & ((done - self.start) % self.every == 0)
        rate = torch.where(count > 0, due / (count + 1), torch.ones_like(count))
        return count + due, {p: torch.lerp(means[p], params[p], rate) for p in means}

    def eval_params(self, params: Params, at: StepContext) -> Params:
        return dict(at.memory[1])
