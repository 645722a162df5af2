"""Two time-scales: the critic learns at another rate than its generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import Positive
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.optimizers import Optimizer, Tree


@dataclass(frozen=True)
class TTUR(Stabilizer):
    """lr_D = ratio · lr_G, where lr_G is the game's learning rate.

    Source: Heusel et al. 2017, section 2; the ratio of 4 is that of Zhang et al. 2019 (SAGAN).
    """

    ratio: Positive = 4.0

    works_on: ClassVar[str] = "D"

    def __post_init__(self) -> None:
        if self.ratio <= 0:
            raise ValueError(f"ratio={self.ratio} must be above 0")

    def refuses(self, game: Game) -> str | None:
        return None if "D" in game.players else f"{type(game).__name__.lower()} has no critic"

    def optimizer(self, optimizer: Optimizer, player: str) -> Optimizer:
        if player != "D":
            return optimizer

        def update(grad: Tensor, memory: Tree, theta: Tensor) -> tuple[Tensor, Tree]:
            delta, memory = optimizer.update(grad, memory, theta)
            return self.ratio * delta, memory

        return Optimizer(optimizer.init, update)
