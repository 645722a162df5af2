"""Consensus optimization: the players also agree to make the field small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.stabilizers._jacobian import Vectors, plus, pull
from bench.training import update_rules
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer
from bench.training.update_rules import TransformedField, UpdateRule


@dataclass(frozen=True)
class Consensus(Stabilizer):
    """v + weight · ∇½‖v‖² = v + weight · Jᵀv, all players at once, by automatic differentiation.

    With the eigenvalues ±i s of a bilinear game the new ones are weight · s² ± i s.
    Source: Mescheder et al. 2017, algorithm 2; the weight is their γ: 10 in their code for mixtures, .1 is ours.
    """

    weight: float = 0.1

    replaces: ClassVar[frozenset[str]] = frozenset({"rule"})

    def refuses(self, game: Game) -> str | None:
        return update_rules.refuse_lone_player(game)

    def rule(self, rule: UpdateRule) -> UpdateRule:
        return TransformedField(self.transform)

    def transform(self, field: Vectors, lr: float) -> Vectors:
        def bent(params: Params) -> Params:
            v = field(params)
            return plus(v, self.weight, pull(field, params, v))

        return bent
