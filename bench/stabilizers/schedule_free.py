"""Schedule-free training: gradients are taken between the weights that move and their average, which is evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from bench.plugins.ranges import Inner
from bench.stabilizers.schedule import Schedule
from bench.stabilizers.simultaneous import Simultaneous
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext, hooks_of
from bench.training.optimizers import Optimizer, Tree


@dataclass(frozen=True)
class ScheduleFree(Stabilizer):
    """z ← z + δ, x ← x + (z - x)/t, y = (1 - β) z + β x at update t = 1, 2, …; gradients at y, x is evaluated.

    δ is the step of the optimizer underneath, at the gradient of y; x, y and z start as one. Its own momentum should be 0,
    as in gan(betas=(0, 0.999)): β is in its place. So x is the mean of all z. The weights that the game knows are y, and z is
    found from them and x: what others do to weights is not lost. Players move once a step. The paper's code weighs the mean
    by squared rates, which are constant here.
    Source: Defazio et al. 2024 (Schedule-Free; β = .9).
    """

    beta: Inner = 0.9

    replaces: ClassVar[frozenset[str]] = frozenset({"weights that are evaluated"})

    def refuses_beside(self, other: Stabilizer) -> str | None:
        if isinstance(other, Schedule):
            return "its average takes the place of a falling learning rate"
        if "rule" in hooks_of(type(other)) and not isinstance(other, Simultaneous) and not other.holds:
            return "it averages the one move that a player makes in a step"
        return None

    def settled(self, y: Tensor, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """The average after t updates [], and z, from y and the average before."""
        moved, count = t > 0, t.to(y.dtype)
        c = torch.where(moved, 1 / count.clamp(min=1), 0.0)
        z = (y - self.beta * (1 - c) * x) / (1 - self.beta + self.beta * c)
        return torch.where(moved, x + c * (z - x), x), z

    def optimizer(self, optimizer: Optimizer, player: str) -> Optimizer:
        def init(theta: Tensor) -> Tree:
            return {"inner": optimizer.init(theta), "t": theta.new_zeros(()), "x": theta.clone()}

        def update(grad: Tensor, memory: Tree, theta: Tensor) -> tuple[Tensor, Tree]:
            x, z = self.settled(theta, memory["x"], memory["t"])
            delta, inner = optimizer.update(grad, memory["inner"], theta)
            t, z = memory["t"] + 1, z + delta
            ahead = x + (z - x) / t
            return (1 - self.beta) * z + self.beta * ahead - theta, {"inner": inner, "t": t, "x": x}

        return Optimizer(init, update)

    def init_memory(self, game: Game, params: Params) -> Params:
        return {p: theta.clone() for p, theta in params.items()}

    def update_memory(self, memory: Params, params: Params, at: StepContext) -> Params:
        return {p: self.settled(params[p], memory[p], at.step + 1)[0] for p in memory}

    def eval_params(self, params: Params, at: StepContext) -> Params:
        return dict(at.memory)
