"""Spectral normalization: every layer's largest singular value is divided out."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from bench.stabilizers._matrices import matrices
from bench.stabilizers._players import lacks
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext

Vectors = dict[str, dict[str, Tensor]]  # player -> weight -> u [out]

FIRST = 15  # power iterations before training


@dataclass(frozen=True)
class SpectralNorm(Stabilizer):
    """W ← W / σ̂(W) with σ̂ = uᵀWv for every weight matrix; a convolution's is [out, in · height · width].

    v = Wᵀu/‖Wᵀu‖, and u ← Wv/‖Wv‖ once a step; neither is differentiated. Each seed keeps its own u. Biases stay.
    The layers are 1-Lipschitz then, and so is the critic; octaves through which an mlp is told to see points have a slope of
    √(1 + π²(4ᵏ - 1)/27) for k of them: 9.7 for `arch=mlp(critic_octaves=4)`.
    Source: Miyato et al. 2018, algorithm 1; `players=("G", "D")` as in Zhang et al. 2019 (SAGAN).
    """

    players: tuple[str, ...] = ("D",)

    def __post_init__(self) -> None:
        if not self.players:
            raise ValueError("players=(): it would do nothing")

    def refuses(self, game: Game) -> str | None:
        return lacks(game, self.players)

    def init_memory(self, game: Game, params: Params) -> Vectors:
        first: Vectors = {}
        for player in self.players:
            first[player] = {}
            for name, w in matrices(game.nets[player], params[player]).items():
                u = F.normalize(w.new_ones(len(w)), dim=0)
                for _ in range(FIRST):
                    u = iterate(w, u)
                first[player][name] = u
        return first

    def params_in_loss(self, params: Params, at: StepContext) -> Params:
        return params | {p: self._normalised(p, params[p], at) for p in self.players}

    def _normalised(self, player: str, theta: Tensor, at: StepContext) -> Tensor:
        net = at.game.nets[player]
        weights, found = net.unravel(theta), matrices(net, theta)
        return net.ravel(weights | {k: weights[k] / sigma(found[k], u) for k, u in at.memory[player].items()})

    def update_memory(self, memory: Vectors, params: Params, at: StepContext) -> Vectors:
        found = {player: matrices(at.game.nets[player], params[player]) for player in self.players}
        return {player: {k: iterate(w, memory[player][k]) for k, w in ws.items()} for player, ws in found.items()}


def iterate(w: Tensor, u: Tensor) -> Tensor:
    """The next left singular vector [out] of w [out, in]."""
    return F.normalize(w @ F.normalize(w.t() @ u, dim=0), dim=0)


def sigma(w: Tensor, u: Tensor) -> Tensor:
    """uᵀWv, the largest singular value where u has converged; the gradient with respect to W is uvᵀ."""
    v = F.normalize(w.detach().t() @ u, dim=0)
    return u @ (w @ v)
