"""The path angle: which way the field points along the line that training has travelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from bench.plugins.ranges import Positive
from bench.probes.base import Probe
from bench.probes.gradients import cosine
from bench.training.engine import Engine
from bench.training.state import State


@dataclass(frozen=True, kw_only=True)
class PathAngle(Probe):
    """path_angle_<a> = cos(Δ, v(θ₀ + a Δ)) with Δ = θ - θ₀, from the initial weights (a = 0) to the present ones (a = 1).

    v is what the players descend: attraction by the present weights shows as a change of sign from - to + at a = 1,
    rotation around them as one sign, or a bump, on both sides. Before the first step there is no line: not-a-number.
    On a batch that is not trained on. Source: Berard et al. 2020.
    """

    columns: ClassVar[tuple[str, ...] | None] = ("path_angle_<at>",)
    price: ClassVar[float | None] = 4.2

    every: int = 1000
    at: tuple[Positive, ...] = (0.5, 0.9, 1.1, 1.5)

    def __post_init__(self) -> None:
        if not self.at:
            raise ValueError("at=(): it would do nothing")

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        start, players = engine.init_state().params, engine.game.players
        batch = engine.draw_batch(state, purpose="probe")
        way = {p: state.params[p] - start[p] for p in players}
        joined = torch.cat([way[p] for p in players], 1)
        found = {}
        for a in self.at:
            there = {p: start[p] + a * way[p] for p in players}
            v = engine.game_gradient(state, batch, players, name="probe", at=there, taped=False).grads
            found[f"path_angle_{a:g}"] = cosine(joined, torch.cat([v[p] for p in players], 1))
        return found
