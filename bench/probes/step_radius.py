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
FINER = (1e-2, 1e-4, 1e-6)  # of the width, for memories


@dataclass(frozen=True, kw_only=True)
class StepRadius(Probe):
    """step_radius: |λ|max^(1/steps) of the Jacobian of `steps` whole steps, by central differences.

    The map is that of weights, optimizer memories and stabilizer memories together, at the state as it is. All seeds are
    moved at once, each by `width` times the largest number that it carries (at least 1). Below 1 the step contracts. In
    double precision the error is about width² times the map's third derivative. Where the slopes to the two sides of a weight
    differ (on the kink of a hinge or of a penalty, at a bound that weights are clipped to) there is no Jacobian: not a number.
    A memory is moved by less until its slopes agree (Adam's second moment has to be larger than it is moved), by a millionth
    at the least; what only counts steps is left out, since it would always say 1. Penalties of every k-th step are there at
    each, as strong as they are on average. Noise is that of the step at hand, a draw and no mean. For games of at most 16
    weights. Source: Gidel et al. 2019 (negative momentum), section 3.
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
        sizes = self.eigenvalues(engine, state).abs().amax(1)
        return {"step_radius": sizes ** (1 / self.steps)}

    def eigenvalues(self, engine: Engine, state: State) -> Tensor:
        """λ of the Jacobian of `steps` steps, complex [S, n] on the CPU; not-a-number where there is no Jacobian."""
        flat, write = _flattened(state)
        here, weights = flat(state), sum(v.shape[1] for v in state.params.values())  # [S, n]
        width = self.width * here.abs().amax(1).clamp(min=1)  # [S]; of numbers that have grown, digits are lost below

        def walk(rows: Tensor) -> Tensor:
            return flat(self._walked(engine, write(rows)))

        middle, columns, smooth = walk(here), [], torch.ones_like(width, dtype=torch.bool)
        for k in range(here.shape[1]):
            column, agree = _slope(walk, here, middle, k, width)
            for finer in FINER if k >= weights else ():
                if bool(agree.all()):
                    break
                again, sound = _slope(walk, here, middle, k, finer * width)
                column, agree = torch.where(agree[:, None], column, again), agree | sound
            columns.append(column)
            smooth &= agree
        jacobian = torch.stack(columns, 2).double().cpu()  # [S, n, n]
        sound = jacobian.isfinite().flatten(1).all(1) & smooth.cpu()
        jacobian = torch.where(sound[:, None, None], jacobian, 0.0)
        moving = [k for k in range(len(columns)) if k < weights or not _counts(jacobian[sound], k)]
        values = torch.linalg.eigvals(jacobian[:, moving][:, :, moving])
        return torch.where(sound[:, None], values, torch.complex(*torch.full((2,), torch.nan, dtype=torch.float64)))

    def _walked(self, engine: Engine, state: State) -> State:
        mean = engine.looking()
        for _ in range(self.steps):
            state = mean.step(state)
        return state


def _slope(
    walk: Callable[[Tensor], Tensor], here: Tensor, middle: Tensor, k: int, width: Tensor
) -> tuple[Tensor, Tensor]:
    """The derivative [S, n] to the k-th number, moved by width [S]; and of which seeds [S] it is one from both sides."""
    unit = torch.zeros_like(here)
    unit[:, k] = width
    up, down, half = walk(here + unit), walk(here - unit), walk(here + unit / 2)
    turn = (up - 2 * middle + down).norm(dim=1)  # a kink: other slopes on the two sides
    jump = (2 * half - middle - up).norm(dim=1)  # a jump: another slope the nearer it is looked at
    return (up - down) / (2 * width[:, None]), torch.maximum(turn, jump) <= KINK * (up - down).norm(dim=1)


def _counts(jacobian: Tensor, k: int) -> bool:
    """Whether the k-th number goes on by itself, whatever the others are: x' = x + c, in all seeds."""
    own = torch.zeros(jacobian.shape[2], dtype=jacobian.dtype)
    own[k] = 1
    return len(jacobian) > 0 and bool((jacobian[:, k] - own).abs().max() < 1e-4)


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
