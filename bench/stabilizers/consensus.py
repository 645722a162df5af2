"""Consensus optimization: the players also agree to make the field small."""

from __future__ import annotations

from dataclasses import dataclass

from bench.plugins.ranges import NonNegative
from bench.stabilizers._field import FieldTransform
from bench.stabilizers._jacobian import plus, pull
from bench.training.game import Params
from bench.training.state import Vectors


@dataclass(frozen=True)
class Consensus(FieldTransform):
    """v + weight · ∇½‖v‖² = v + weight · Jᵀv, all players at once, by automatic differentiation.

    With the eigenvalues ±i s of a bilinear game the new ones are weight · s² ± i s.
    Source: Mescheder et al. 2017, algorithm 2; the weight is their γ: 10 in their code for mixtures, .1 is ours.
    """

    weight: NonNegative = 0.1

    def transform(self, field: Vectors, lr: float) -> Vectors:
        def bent(params: Params) -> Params:
            v = field(params)
            return plus(v, self.weight, pull(field, params, v))

        return bent
