"""The spectral radius of a training step: by what factor small games contract or expand, per step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from bench.plugins.ranges import Positive, Repeats
from bench.probes.base import Probe
from bench.theory.predictions import step_radius
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.state import State

LARGEST = 16  # weights of all players
KINK = 0.05  # by how much of themselves the slopes to the two sides may differ


@dataclass(frozen=True, kw_only=True)
class StepRadius(Probe):
    """step_radius: |λ|max^(1/steps) of the Jacobian of `steps` whole steps, by central differences.

    The map is that of weights, optimizer memories and stabilizer memories together, at the state as it is. All seeds are
    moved at once, each by `width` times the largest number that it carries (at least 1). Below 1 the step contracts. In
    double precision the error is about width² times the map's third derivative. Where the slopes to the two sides of a weight
    differ (on the kink of a hinge or of a penalty, at a bound that weights are clipped to) there is no Jacobian: not a number.
    Memories are not asked: Adam's second moment can't go below 0, and has to be larger than it is moved. Noise is that of the
    step at hand, a draw and no mean. For games of at most 16 weights.
    Source: Gidel et al. 2019 (negative momentum), section 3.
    """

    columns: ClassVar[tuple[str, ...] | None] = ("step_radius",)

    every: int = 1000
    steps: Repeats = 1
    width: Positive = 1e-4

    def fits(self, game: Game) -> bool:
        return bool(game.nets) and sum(game.nets[p].size for p in game.players) <= LARGEST

    def predictions(self, engine: Engine) -> dict[str, float]:
        known = step_radius(engine.game, engine.stack.parts, self.steps)
        return {} if known is None else {"step_radius": known}

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        flat, write = _flattened(state)
        here = flat(state)  # [S, n]
        width = self.width * here.abs().amax(1).clamp(min=1)  # [S]; of numbers that have grown, digits are lost below
        columns, smooth = [], torch.ones_like(width, dtype=torch.bool)
        middle, weights = flat(self._walked(engine, state)), sum(v.shape[1] for v in state.params.values())
        for k in range(here.shape[1]):
            unit = torch.zeros_like(here)
            unit[:, k] = width
            ends = [flat(self._walked(engine, write(there))) for there in (here + unit, here - unit)]
            columns.append((ends[0] - ends[1]) / (2 * width[:, None]))
            half = flat(self._walked(engine, write(here + unit / 2)))
            turn = (ends[0] - 2 * middle + ends[1]).norm(dim=1)  # a kink: other slopes on the two sides
            jump = (2 * half - middle - ends[0]).norm(dim=1)  # a jump: another slope the nearer it is looked at
            if k < weights:
                smooth &= torch.maximum(turn, jump) <= KINK * (ends[0] - ends[1]).norm(dim=1)
        jacobian = torch.stack(columns, 2).double().cpu()  # [S, n, n]
        sound = jacobian.isfinite().flatten(1).all(1) & smooth.cpu()
        sizes = torch.linalg.eigvals(torch.where(sound[:, None, None], jacobian, 0.0)).abs().amax(1)
        return {"step_radius": torch.where(sound, sizes, torch.nan) ** (1 / self.steps)}

    def _walked(self, engine: Engine, state: State) -> State:
        for _ in range(self.steps):
            state = engine.step(state)
        return state


def _flattened(like: State) -> tuple[Callable[[State], Tensor], Callable[[Tensor], State]]:
    """Everything that training carries as rows [S, n], and back; whole numbers stay as they are."""
    leaves, spec = pytree.tree_flatten((like.params, like.opt, like.memory))
    moved = [k for k, leaf in enumerate(leaves) if leaf.is_floating_point()]
    sizes = [leaves[k][0].numel() for k in moved]

    def flat(state: State) -> Tensor:
        now = pytree.tree_leaves((state.params, state.opt, state.memory))
        return torch.cat([now[k].flatten(1) if now[k].ndim > 1 else now[k][:, None] for k in moved], 1)

    def write(rows: Tensor) -> State:
        new = list(leaves)
        for k, piece in zip(moved, torch.split(rows, sizes, 1), strict=True):
            new[k] = piece.reshape(leaves[k].shape)
        params, opt, memory = pytree.tree_unflatten(new, spec)
        return replace(like, params=params, opt=opt, memory=memory)

    return flat, write
