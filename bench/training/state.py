"""What training carries from one step to the next, and what rules and stabilizers may ask of the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from torch import Tensor

from bench.training.game import Batch, Game, Params

Tree = Any
Vectors = Callable[[Params], Params]  # all weights of one seed -> a vector for every player


@dataclass(frozen=True)
class State:
    """All that training carries from one step to the next, for S seeds."""

    step: Tensor  # 0-d int64, steps completed
    params: Params  # player -> [S, P]
    opt: dict[str, Tree]  # player -> the optimizer's memory, leaves [S, ...]
    memory: Tree  # the stabilizers' memories, leaves [S, ...]
    alive: Tensor  # [S] bool
    died_at: Tensor  # [S] int64, the step at which a number stopped being finite; -1 while alive
    losses: Params  # player -> [S], of its latest move; NaN before its first
    collected: dict[str, Tree] = field(default_factory=dict)  # player -> what stabilizers observed in its latest loss


class GameGradient(NamedTuple):
    """The game's vector field where it was asked for, of the players that were asked."""

    grads: Params  # player -> d loss / d theta [S, P]
    losses: Params  # player -> [S]
    collected: dict[str, Tree]


class Stepper(Protocol):
    """What a rule needs of the engine (engine.py)."""

    game: Game

    def draw_batch(self, state: State, substep: int = 0) -> Batch: ...

    def game_gradient(
        self,
        state: State,
        batch: Batch,
        players: Sequence[str],
        *,
        name: str = "",
        at: Params | None = None,
        transform: Callable[[Vectors], Vectors] | None = None,
    ) -> GameGradient: ...

    def update(self, state: State, field: GameGradient) -> State: ...
