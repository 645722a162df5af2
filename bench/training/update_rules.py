"""Update rules: which players update, when, on which gradients. A rule maps State -> State by the engine's methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bench.training.game import Game
from bench.training.state import State, Stepper, Vectors


class UpdateRule(Protocol):
    def step(self, engine: Stepper, state: State) -> State:
        """One step of training: every player is updated at least once."""
        ...


@dataclass(frozen=True)
class Alternating:
    """The players update in turn, the last named first (a critic before its generator).

    `turns` gives a player more than one update a step, each on a batch of its own (Goodfellow et al. 2014, algorithm 1).
    """

    turns: Mapping[str, int] = field(default_factory=dict)

    def step(self, engine: Stepper, state: State) -> State:
        players = engine.game.players
        turns = {p: self.turns.get(p, 1) for p in players}
        batches = [engine.draw_batch(state, turn) for turn in range(max(turns.values()))]
        for player in reversed(players):
            for turn in range(turns[player]):
                state = engine.update(
                    state, engine.game_gradient(state, batches[turn], (player,), name=f"{player}{turn}")
                )
        return state


@dataclass(frozen=True)
class Simultaneous:
    """All players update at once, on the gradients of one sampled game: θ ← θ - lr · v(θ)."""

    def step(self, engine: Stepper, state: State) -> State:
        return engine.update(state, engine.game_gradient(state, engine.draw_batch(state), engine.game.players))


def refuse_lone_player(game: Game) -> str | None:
    """Why a rule for several players does not fit a game, in half a sentence; None where it does."""
    return None if len(game.players) > 1 else f"{type(game).__name__.lower()} has one player"


@dataclass(frozen=True)
class TransformedField:
    """All players update at once along a transformed field.

    `transform(field, lr)` turns a function from weights to gradients, of one seed, into another; lr is the game's
    learning rate.
    """

    transform: Callable[[Vectors, float], Vectors]

    def step(self, engine: Stepper, state: State) -> State:
        def transform(field: Vectors) -> Vectors:
            return self.transform(field, engine.game.lr)

        return engine.update(
            state, engine.game_gradient(state, engine.draw_batch(state), engine.game.players, transform=transform)
        )
