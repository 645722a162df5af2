"""Simultaneous updates: no player sees another's update before its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.training import update_rules
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.update_rules import UpdateRule


@dataclass(frozen=True)
class Simultaneous(Stabilizer):
    """All players move at once on the gradients of one sampled game, θ ← θ - lr · v(θ); the default is in turn.

    It steadies nothing: on a bilinear game it grows by √(1 + lr²s²) a step, where moving in turn stays bounded. It is
    here because most analyses are of it. Source: Mescheder et al. 2017, algorithm 1; Gidel et al. 2019 (negative momentum).
    """

    replaces: ClassVar[frozenset[str]] = frozenset({"rule"})

    def refuses(self, game: Game) -> str | None:
        return update_rules.refuse_lone_player(game)

    def rule(self, rule: UpdateRule) -> UpdateRule:
        return update_rules.Simultaneous()
