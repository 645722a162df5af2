"""A stabilizer that transforms the game's vector field, all players at once."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from bench.training import update_rules
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.state import Vectors
from bench.training.update_rules import TransformedField, UpdateRule


class FieldTransform(Stabilizer):
    """`transform(field, lr)` turns a function from weights to gradients into another; lr is the game's learning rate."""

    replaces: ClassVar[frozenset[str]] = frozenset({"rule"})

    def refuses(self, game: Game) -> str | None:
        return update_rules.refuse_lone_player(game)

    def rule(self, rule: UpdateRule) -> UpdateRule:
        return TransformedField(self.transform)

    @abstractmethod
    def transform(self, field: Vectors, lr: float) -> Vectors:
        """The field that the players move along; written for one seed."""
