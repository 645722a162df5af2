"""Extragradient: look one step ahead, then step from where you stood with the gradient found there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench.training.hooks import Stabilizer
from bench.training.state import State, Stepper
from bench.training.update_rules import UpdateRule


@dataclass(frozen=True)
class Lookout:
    """The rule. Both halves see one batch and one noise; the optimizer remembers both gradients."""

    def step(self, engine: Stepper, state: State) -> State:
        batch, players = engine.draw_batch(state), engine.game.players
        half = engine.update(state, engine.game_gradient(state, batch, players))
        return engine.update(
            replace(half, params=state.params), engine.game_gradient(state, batch, players, at=half.params)
        )


@dataclass(frozen=True)
class Extragradient(Stabilizer):
    """θ' = θ - lr · v(θ); θ ← θ - lr · v(θ'), all players at once; with Adam this is ExtraAdam.

    A step costs two gradients of every player. Source: Korpelevich 1976; Gidel et al. 2019 (variational inequalities; ExtraAdam).
    """

    replaces: ClassVar[frozenset[str]] = frozenset({"rule"})

    def rule(self, rule: UpdateRule) -> UpdateRule:
        return Lookout()
