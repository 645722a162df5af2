"""Symplectic gradient adjustment: the rotating part of the game is turned towards its fixed points."""

from __future__ import annotations

from dataclasses import dataclass

from bench.plugins.ranges import NonNegative
from bench.stabilizers._field import FieldTransform
from bench.stabilizers._jacobian import dot, plus, pull, push
from bench.training.game import Params
from bench.training.state import Vectors

ALIGNED = 0.1  # ε of the paper's algorithm 1: in doubt, the positive sign


@dataclass(frozen=True)
class SGA(FieldTransform):
    """v + λ · ½(Jᵀ - J) v, all players at once; λ = ± weight.

    With `align` the sign is that of ⟨v, ∇H⟩⟨Aᵀv, ∇H⟩/n + ε, with H = ½‖v‖², A = ½(J - Jᵀ), n the number of weights
    and ε = .1: drawn to stable fixed points and pushed away from unstable ones. Else it is positive.
    Source: Balduzzi et al. 2018 (symplectic gradient adjustment), algorithm 1.
    """

    weight: NonNegative = 1.0
    align: bool = True

    def transform(self, field: Vectors, lr: float) -> Vectors:
        def bent(params: Params) -> Params:
            v = field(params)
            slope = pull(field, params, v)  # ∇½‖v‖²
            along = push(field, params, v)
            adjustment = {p: 0.5 * (slope[p] - along[p]) for p in v}
            if not self.align:
                return plus(v, self.weight, adjustment)
            count = sum(len(part) for part in v.values())
            sign = (dot(v, slope) * dot(adjustment, slope) / count + ALIGNED).sign()
            return plus(v, self.weight * sign, adjustment)

        return bent
