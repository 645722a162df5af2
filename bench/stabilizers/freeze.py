"""A frozen player: the others play against it as it stands."""

from __future__ import annotations

from dataclasses import dataclass

from bench.plugins.ranges import Whole
from bench.stabilizers._players import lacks
from bench.training import update_rules
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.update_rules import Frozen, UpdateRule


@dataclass(frozen=True)
class Freeze(Stabilizer):
    """θ_player and its optimizer's memory stay as they are in the steps 0 … `until` - 1; `until=0` is for good.

    Its loss and gradient are computed all the same, and probes measure them: what a player would feel if it moved. It goes
    around any rule (`n_critic`, `simultaneous`, `extragradient`, …), on whichever side it is written; a rule that
    foresees the player's moves (`competitive`) foresees them still. An average of weights that do not move does not
    move either; what a stabilizer estimates from the batch (the vectors of `spectral_norm`) goes on.
    With G frozen, the critic is trained to its optimum. Source: Arjovsky & Bottou 2017, figure 2 (the generator is
    fixed and the critic trained from scratch).
    """

    player: str = "G"
    until: Whole = 0  # the step at which it begins to move; 0: never

    def refuses(self, game: Game) -> str | None:
        return update_rules.refuse_lone_player(game) or lacks(game, (self.player,))

    def refuses_beside(self, other: Stabilizer) -> str | None:
        if isinstance(other, Freeze) and other is not self and other.player == self.player:
            return f"both hold {self.player}"
        averages = "weights that are evaluated" in other.replaces and self.player == "G"
        if not self.until and (averages or self.player == other.works_on or f"loss:{self.player}" in other.replaces):
            return f"{self.player} never moves, so it would change nothing"
        return None

    @property
    def holds(self) -> str:
        return "" if self.until else self.player

    def rule(self, rule: UpdateRule) -> UpdateRule:
        return Frozen(rule, self.player, self.until)
