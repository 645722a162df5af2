"""Where the players of a small game stand: every weight, as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import Count
from bench.probes.base import Probe
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.state import State

LARGEST = 4  # weights of all players


@dataclass(frozen=True, kw_only=True)
class Trajectory(Probe):
    """theta_<p>_1, theta_<p>_2, …: the weights of player p, for games of at most 4 weights in all.

    With two weights the report draws them as a phase portrait. A turn around a focus takes 2π/arg λ steps, λ an
    eigenvalue of a step's Jacobian: look ten times in one at the least. Source: Mescheder et al. 2018, figures 1 and 2.
    """

    columns: ClassVar[tuple[str, ...] | None] = ("theta_<weight>",)
    price: ClassVar[float | None] = 0.0

    every: Count = 1

    def fits(self, game: Game) -> bool:
        return bool(game.nets) and 0 < sum(game.nets[p].size for p in game.players) <= LARGEST

    def _spelled(self, column: str, game: Game) -> Sequence[str]:
        stem = column.removesuffix("<weight>")
        return [f"{stem}{p}_{k}" for p in game.players for k in range(1, game.nets[p].size + 1)]

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        return {f"theta_{p}_{k}": column for p, theta in state.params.items() for k, column in enumerate(theta.T, 1)}
