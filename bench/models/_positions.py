"""Players that are nothing but a point: their weights are their position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from bench.architectures.base import Critic
from bench.data.base import Data
from bench.plugins.ranges import NonNegative
from bench.training.game import Batch, Game, Params
from bench.training.loss_inputs import WeightInputs
from bench.training.nets import Net
from bench.training.rng import Rng


class Position(nn.Module):
    """theta [*D], drawn from N(0, spread²)."""

    def __init__(self, shape: tuple[int, ...], spread: float) -> None:
        super().__init__()
        self.theta = nn.Parameter(spread * torch.randn(shape))

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """The position once for every row of z: [B, *D]."""
        return self.theta.expand(len(z), *self.theta.shape)


class LinearCritic(Critic):
    """D(x) = ψ · x, with ψ drawn from N(0, spread²) and no constant; its features are x itself, flat."""

    def __init__(self, shape: tuple[int, ...], spread: float) -> None:
        super().__init__()
        self.body = nn.Flatten(1)
        self.head = nn.Linear(torch.Size(shape).numel(), 1, bias=False)
        nn.init.normal_(self.head.weight, std=spread)

    def forward(self, x: Tensor, t: Tensor | None = None, y: Tensor | None = None, *, features: bool = False) -> Tensor:
        flat: Tensor = self.body(x)
        return flat if features else self.head(flat).squeeze(-1)


def positions(players: tuple[str, ...], data: Data, spread: float) -> dict[str, Net]:
    """One point for every player, of the shape of one sample."""
    return {p: Net(Position, shape=data.shape, spread=spread) for p in players}


@dataclass(frozen=True, kw_only=True)
class PlaneGame(Game):
    """Two players, x and y, that are points of the shape of one sample; a sample is x itself.

    The values of the data are not looked at; gradient descent unless told otherwise.
    """

    players: ClassVar[tuple[str, ...]] = ("x", "y")
    Inputs: ClassVar[type] = WeightInputs
    normalises: ClassVar[bool] = False  # the coordinates are the game

    lr: float = 0.1
    optimizer: Literal["adam", "sgd", "rmsprop"] = "sgd"
    spread: NonNegative = 1.0  # standard deviation of the starting points

    def make_nets(self, data: Data) -> dict[str, Net]:
        return positions(self.players, data, self.spread)

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> WeightInputs:
        return WeightInputs(params)

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        return params["x"].reshape(1, *self.shape).expand(n, *self.shape)
