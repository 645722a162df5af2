"""n critic steps: the critic answers several times before its generator moves, or the generator moves several times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.plugins.ranges import Repeats
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.update_rules import Alternating, UpdateRule


@dataclass(frozen=True)
class NCritic(Stabilizer):
    """A step is `steps` moves of D and then `generator_steps` of G, each on a batch and noise of its own.

    Source: Goodfellow et al. 2014, algorithm 1 (k); Arjovsky et al. 2017, algorithm 1 (n_critic = 5). One move of D and
    two of G are those of DCGAN-tensorflow, from which the code of Lin et al. 2018 comes (there on the same noise).
    """

    steps: Repeats = 5
    generator_steps: Repeats = 1

    replaces: ClassVar[frozenset[str]] = frozenset({"rule"})

    def __post_init__(self) -> None:
        for name, player in (("steps", "critic"), ("generator_steps", "generator")):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: a {player} moves at least once a step")

    def refuses(self, game: Game) -> str | None:
        return None if "D" in game.players else f"{type(game).__name__.lower()} has no critic"

    def rule(self, rule: UpdateRule) -> UpdateRule:
        return Alternating({"D": self.steps, "G": self.generator_steps})
