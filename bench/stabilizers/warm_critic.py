"""A warm critic: it knows the first generator before the game begins."""

from __future__ import annotations

from dataclasses import dataclass

from bench.plugins.ranges import Count
from bench.stabilizers._players import lacks
from bench.stabilizers.freeze import Freeze
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.update_rules import Frozen, UpdateRule


@dataclass(frozen=True)
class WarmCritic(Stabilizer):
    """D moves alone against the initial G in the first `steps` steps; from then on the game is as it would be without.

    It is `freeze(player=G, until=steps)`, step for step. The steps count among those of the suite: a comparison at equal
    steps gives G fewer moves. With `n_critic(k)` the critic has made k · `steps` moves by then.
    Source: Arjovsky & Bottou 2017, section 2 (the critic is trained close to its optimum before the generator steps).
    """

    steps: Count = 100

    def refuses(self, game: Game) -> str | None:
        return lacks(game, ("G", "D"))

    def refuses_beside(self, other: Stabilizer) -> str | None:
        held = isinstance(other, WarmCritic) or (isinstance(other, Freeze) and other.player == "G")
        return "both hold G" if held else None

    def rule(self, rule: UpdateRule) -> UpdateRule:
        return Frozen(rule, "G", self.steps)
