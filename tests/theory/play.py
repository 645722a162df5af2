"""Small games in double precision, and the spectral radius of a step that is linear in the state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from bench.data.point import Point
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.state import State


def machine(game: Game, *parts: Stabilizer, dim: int = 1, seeds: int = 3, **more: Any) -> Engine:
    return Engine(game, Point(dim=dim).load(), list(range(seeds)), parts, dtype=torch.float64, **{"batch": 4} | more)


def run(engine: Engine, steps: int, state: State | None = None) -> State:
    state = state or engine.init_state()
    for _ in range(steps):
        state = engine.step(state)
    return state


def put(state: State, **params: list[list[float]]) -> State:
    """The state with players' weights [S, P] written in."""
    placed = {p: torch.tensor(v, dtype=torch.float64) for p, v in params.items()}
    return replace(state, params=state.params | placed)


def joined(state: State) -> Tensor:
    """All players' weights side by side [S, n]."""
    return torch.cat(list(state.params.values()), 1)


def distance(state: State) -> Tensor:
    """From the origin, [S]."""
    return torch.linalg.vector_norm(joined(state), dim=1)


def radius(engine: Engine, steps: int = 1) -> float:
    """The spectral radius of `steps` steps as a map of weights and of all memories, for one seed.

    The map must be linear (bilinear game, gradient descent): it is measured by sending every unit vector through it.
    """
    state = engine.init_state()
    flat, write = _flat(state)
    columns = [flat(run(engine, steps, write(unit))) for unit in torch.eye(len(flat(state)), dtype=torch.float64)]
    return float(torch.linalg.eigvals(torch.stack(columns, 1)).abs().max())


def _flat(like: State) -> tuple[Callable[[State], Tensor], Callable[[Tensor], State]]:
    pytree = torch.utils._pytree
    leaves, spec = pytree.tree_flatten((like.params, like.opt, like.memory))
    shapes = [leaf.shape for leaf in leaves]

    def flat(state: State) -> Tensor:
        return torch.cat([leaf.flatten() for leaf in pytree.tree_leaves((state.params, state.opt, state.memory))])

    def write(vector: Tensor) -> State:
        parts = vector.split([shape.numel() for shape in shapes])
        tree = pytree.tree_unflatten([part.view(shape) for part, shape in zip(parts, shapes, strict=True)], spec)
        return replace(like, params=tree[0], opt=tree[1], memory=tree[2])

    return flat, write
