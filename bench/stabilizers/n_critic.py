"""n critic steps: the critic answers several times before its generator moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.plugins.ranges import Count
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.update_rules import Alternating, UpdateRule


@dataclass(frozen=True)
class NCritic(Stabilizer):
    """A step is `steps` moves of D, each on a batch of its own, and then one move of G.

    Source: Goodfellow et al. 2014, algorithm 1 (k); Arjovsky et al. 2017, algorithm 1 (n_critic = 5).
    """

    steps: Count = 5

    replaces: ClassVar[frozenset[str]] = frozenset({"rule"})

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps={self.steps}: a critic moves at least once a step")

    def refuses(self, game: Game) -> str | None:
        return None if "D" in game.players else f"{type(game).__name__.lower()} has no critic"

    def rule(self, rule: UpdateRule) -> UpdateRule:
        return Alternating({"D": self.steps})
