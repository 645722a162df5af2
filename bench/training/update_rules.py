"""Update rules: which players update, when, on which gradients. A rule maps State -> State by the engine's methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import torch
from torch.utils import _pytree as pytree

from bench.training.game import Batch, Game, Params
from bench.training.state import GameGradient, State, Stepper, Vectors


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


@dataclass(frozen=True)
class Frozen:
    """Another rule, in which one player stands still before step `until` (0: for good).

    All gradients are computed as that rule asks, so the player's losses and what stabilizers observe in them are known;
    of every update, and of the projection in it, the player's weights and optimizer memory are put back.
    """

    rule: UpdateRule
    player: str
    until: int = 0

    def step(self, engine: Stepper, state: State) -> State:
        return self.rule.step(_Holding(engine.game, engine, self.player, self.until), state)


@dataclass
class _Holding:
    """An engine whose updates leave one player where it was."""

    game: Game
    engine: Stepper
    player: str
    until: int

    def draw_batch(self, state: State, substep: int = 0) -> Batch:
        return self.engine.draw_batch(state, substep)

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
        return self.engine.game_gradient(state, batch, players, name=name, at=at, transform=transform)

    def update(self, state: State, field: GameGradient) -> State:
        new, p = self.engine.update(state, field), self.player
        held = state.params[p], state.opt[p]
        if self.until:
            frozen = state.step < self.until
            moved = new.params[p], new.opt[p]
            held = pytree.tree_map(lambda old, now: torch.where(frozen, old, now), held, moved)
        return replace(new, params=new.params | {p: held[0]}, opt=new.opt | {p: held[1]})
