"""The limit cycle of the Hopf game: its radius, and how many steps a turn takes."""

from __future__ import annotations

from dataclasses import dataclass
from math import tau
from typing import ClassVar

import torch
from torch import Tensor

from bench.models.hopf import Hopf
from bench.probes.base import Probe
from bench.theory.predictions import cycle
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.state import State


@dataclass(frozen=True, kw_only=True)
class Cycle(Probe):
    """cycle_radius: mean √(x² + y²) over coordinates; cycle_period: 2π over the mean angle of the step to come, in steps.

    On the game's limit cycle both are constant; before it they say where the game is now. A game at rest has no period
    (infinite). Source: Kuznetsov 2004, section 3.4.
    """

    columns: ClassVar[tuple[str, ...] | None] = ("cycle_radius", "cycle_period")

    every: int = 100

    def fits(self, game: Game) -> bool:
        return isinstance(game, Hopf)

    def predictions(self, engine: Engine) -> dict[str, float]:
        return cycle(engine.game, engine.stack.parts)

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        now, then = _plane(state), _plane(engine.step(state))
        return {"cycle_radius": now.abs().mean(1), "cycle_period": tau / (then / now).angle().mean(1).abs()}


def _plane(state: State) -> Tensor:
    """x + iy [S, d]."""
    return torch.complex(state.params["x"], state.params["y"])
