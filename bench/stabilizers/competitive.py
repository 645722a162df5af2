"""Competitive gradient descent: each player steps to the Nash equilibrium of the local bilinear game."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from bench.plugins.ranges import NonNegative, Repeats
from bench.stabilizers._field import FieldTransform
from bench.stabilizers._jacobian import dot, plus, pull, push
from bench.training.game import Game, Params
from bench.training.state import Vectors

Linear = Callable[[Params], Params]


@dataclass(frozen=True)
class Competitive(FieldTransform):
    """(I + ηK)⁻¹ v, with K the blocks of the Jacobian that join one player to the other (D_xy f and D_yx g).

    For f = -g it is the paper's (I + η² D_xy D_yx)⁻¹ (∇f + η D_xy ∇f). `eta` is the step that the players foresee,
    0 for the game's learning rate (exact for gradient descent; Adam's steps are others). The system is solved by
    `iterations` steps of conjugate gradients on its normal equations. Source: Schäfer & Anandkumar 2019, section 2.
    """

    eta: NonNegative = 0.0
    iterations: Repeats = 10

    def refuses(self, game: Game) -> str | None:
        return None if len(game.players) == 2 else f"it is for two players and there is {len(game.players)}"

    def transform(self, field: Vectors, lr: float) -> Vectors:
        eta = self.eta or lr

        def bent(params: Params) -> Params:
            def forth(w: Params) -> Params:
                """(I + ηK) w: what each player feels when the other moves by w."""
                return plus(w, eta, {p: push(field, params, _without(w, p))[p] for p in w})

            def back(w: Params) -> Params:
                """(I + ηK)ᵀ w."""
                return plus(w, eta, {p: pull(field, params, _without(w, p))[p] for p in w})

            return least_squares(forth, back, field(params), self.iterations)

        return bent


def least_squares(forth: Linear, back: Linear, b: Params, iterations: int) -> Params:
    """x of A x = b by conjugate gradients on AᵀA x = Aᵀb (CGNR), from x = 0, a fixed number of steps.

    Once the residual is exactly 0 the steps are 0; not-a-number stays not-a-number. Source: Saad 2003, algorithm 8.4.
    """
    x = {p: torch.zeros_like(part) for p, part in b.items()}
    left = b  # b - A x
    seek = slope = back(left)
    size = dot(slope, slope)
    for _ in range(iterations):
        image = forth(seek)
        step = _ratio(size, dot(image, image))
        x, left = plus(x, step, seek), plus(left, -step, image)
        slope = back(left)
        size, before = dot(slope, slope), size
        seek = plus(slope, _ratio(size, before), seek)
    return x


def _ratio(a: Tensor, b: Tensor) -> Tensor:
    """a/b, and 0 where b is exactly 0."""
    nothing = b == 0
    return torch.where(nothing, 0.0, a / torch.where(nothing, 1.0, b))


def _without(w: Params, player: str) -> Params:
    """w with one player's part put to 0."""
    return {p: torch.zeros_like(part) if p == player else part for p, part in w.items()}
