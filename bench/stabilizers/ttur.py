"""Two time-scales: the critic learns at another rate than its generator."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.optimizers import Transform, Tree


@dataclass(frozen=True)
class TTUR(Stabilizer):
    """lr_D = ratio · lr_G, where lr_G is the game's learning rate.

    Source: Heusel et al. 2017, section 2; the ratio of 4 is that of Zhang et al. 2019 (SAGAN).
    """

    ratio: float = 4.0

    def __post_init__(self) -> None:
        if self.ratio <= 0:
            raise ValueError(f"ratio={self.ratio} must be above 0")

    def refuses(self, game: Game) -> str | None:
        return None if "D" in game.players else f"{type(game).__name__.lower()} has no critic"

    def optimizer(self, transform: Transform, player: str) -> Transform:
        if player != "D":
            return transform

        def update(grad: Tensor, memory: Tree, theta: Tensor) -> tuple[Tensor, Tree]:
            delta, memory = transform.update(grad, memory, theta)
            return self.ratio * delta, memory

        return Transform(transform.init, update)
