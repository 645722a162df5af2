"""How many gradients a step of training takes: its update rule is walked through once, with gradients of zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from bench.training.engine import Engine
from bench.training.game import Batch, Params
from bench.training.state import GameGradient, State, Vectors


def gradients_per_step(engine: Engine, state: State) -> int:
    """Gradients of a player's loss that the update rule asks for in one step, summed over players.

    Each is of one batch and one seed: 2 for a GAN whose players take turns, 6 with five moves of the critic, 4 for
    extragradient. A rule that bends the vector field counts every look at it. What a loss does inside itself (unrolling, the
    derivative in a penalty) is not counted. Nothing is trained or drawn.
    """
    counter = _Counter(engine)
    engine.rule.step(counter, state)
    return counter.count


class _Counter:
    """A Stepper (training/state.py) whose gradients are zero."""

    def __init__(self, engine: Engine) -> None:
        self.game = engine.game
        self.count = 0

    def draw_batch(self, state: State, substep: int = 0) -> Batch:
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
            self.count += len(players)
            return {p: 0.0 * params[p] for p in players}

        if transform is None:
            field(state.params)
        else:
            transform(field)({p: weights[0].detach() for p, weights in state.params.items()})
        return GameGradient({p: torch.zeros_like(state.params[p]) for p in players}, {}, {})

    def update(self, state: State, field: GameGradient) -> State:
        return state
