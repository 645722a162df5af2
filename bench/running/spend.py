"""What a step of training costs: its update rule is walked through once, with gradients of zero.

In this currency methods can be given the same: one step of a GAN with five moves of the critic is six moves on six
gradients and five batches, one of a diffusion model is one of each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from bench.training.engine import Engine
from bench.training.game import Batch, Params
from bench.training.state import GameGradient, State, Vectors


@dataclass(frozen=True)
class Spend:
    """Of one step and one seed."""

    updates: int  # moves of an optimizer, one a player
    gradients: int  # of a player's loss on a batch
    samples: int  # of the data that are seen


def spend_per_step(engine: Engine, state: State) -> Spend:
    """What the update rule asks for in one step, summed over players. Nothing is trained or drawn.

    Gradients: 2 for a GAN whose players take turns, 6 with five moves of the critic, 4 for extragradient. A rule that
    bends the vector field counts every look at it. What a loss does inside itself (unrolling, the derivative in a
    penalty) is not counted.
    """
    counter = _Counter(engine)
    engine.rule.step(counter, state)
    return Spend(counter.updates, counter.gradients, counter.batches * engine.batch)


class _Counter:
    """A Stepper (training/state.py) whose gradients are zero."""

    def __init__(self, engine: Engine) -> None:
        self.game = engine.game
        self.updates = self.gradients = self.batches = 0

    def draw_batch(self, state: State, substep: int = 0) -> Batch:
        self.batches += 1
        return Batch(torch.empty(0))

    def game_gradient(
        self,
        state: State,
        batch: Batch,
        players: Sequence[str],
        *,
        name: str = "",
        at: Params | None = None,
        transform: Callable[[Vectors], Vectors] | None = None,
    ) -> GameGradient:
        def field(params: Params) -> Params:
            self.gradients += len(players)
            return {p: 0.0 * params[p] for p in players}

        if transform is None:
            field(state.params)
        else:
            transform(field)({p: weights[0].detach() for p, weights in state.params.items()})
        return GameGradient({p: torch.zeros_like(state.params[p]) for p in players}, {}, {})

    def update(self, state: State, field: GameGradient) -> State:
        self.updates += len(field.grads)
        return state
