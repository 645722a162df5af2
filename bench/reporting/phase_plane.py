"""The plane of a game of two weights: where a step takes the players, how it acts at rest, and what theory predicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch.utils import _pytree as pytree

from bench.probes.step_radius import StepRadius
from bench.reporting.results import Cell
from bench.running.trained import Trained
from bench.theory.predictions import cycle, step_radius
from bench.training.state import State

SIDE = 11  # arrows along each edge
STILL = 1e-9  # a step that moves the players by less does not move them


@dataclass(frozen=True)
class PhasePlane:
    """What is drawn beneath the trajectories of one method."""

    at: np.ndarray  # [n, 2], where the arrows stand
    moves: np.ndarray  # [n, 2], where one step takes the players from there, less where they were
    rests: bool  # whether the game rests at the origin and no cycle is predicted: the Jacobian is the origin's
    eigenvalues: (
        np.ndarray
    )  # complex, of the Jacobian of `steps` steps there or where training ended, to the power 1/steps
    steps: int
    radius: float | None  # max |λ| as theory has it, where it knows
    circle: float | None  # the radius of the cycle that theory predicts


def phase_plane(trained: Trained, cell: Cell, reach: float, ended: Sequence[float]) -> PhasePlane:
    """The plane [-reach, reach]² of one method, in double precision; `ended`: where its median seed stands at the end.

    Arrows are whole steps of the method from empty memories: the gradient of the game with its stabilizers, the update
    rule and the optimizer. Raises CantRun where the method can't be built as it was trained.
    """
    record = cell.records[0]
    seed = next(iter(cell.fates))
    axis = np.linspace(-reach, reach, SIDE)
    at = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    wide, lone = trained.engine(record, [seed] * len(at), "float64"), trained.engine(record, [seed], "float64")
    fresh = lone.init_state()
    moves = _weights(wide.step(_placed(fresh, at))) - at
    origin = _placed(fresh, np.zeros((1, 2)))
    game, parts = lone.game, lone.stack.parts
    circle = cycle(game, parts).get("cycle_radius")
    rests = not circle and bool(np.abs(_weights(lone.step(origin))).max() < STILL)
    there = origin if rests else _placed(fresh, np.array([ended], dtype=np.float64))
    probes = [probe for probe in trained.cell(record).probes if isinstance(probe, StepRadius)]
    probe = replace(probes[0], width=1e-4) if probes else StepRadius()
    values = probe.eigenvalues(lone, there)[0].numpy() ** (1 / probe.steps)
    return PhasePlane(
        at=at,
        moves=moves,
        rests=rests,
        eigenvalues=values[np.isfinite(values)],
        steps=probe.steps,
        radius=step_radius(game, parts, probe.steps),
        circle=circle,
    )


def _placed(lone: State, at: np.ndarray) -> State:
    """The state of one seed [1, ...] for as many as there are points [S, 2], with the two weights of each at its point."""
    named = {name: value for name, value in vars(lone).items() if name != "step"}
    wide = pytree.tree_map(lambda leaf: leaf.repeat_interleave(len(at), 0), named)
    sizes = [theta.shape[1] for theta in lone.params.values()]
    parts = torch.split(torch.as_tensor(at, dtype=torch.float64), sizes, 1)
    return State(**{**wide, "step": lone.step, "params": dict(zip(lone.params, parts, strict=True))})


def _weights(state: State) -> np.ndarray:
    """[S, 2]"""
    return torch.cat(list(state.params.values()), 1).double().numpy()
