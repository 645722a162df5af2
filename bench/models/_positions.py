"""Players that are nothing but a point: their weights are their position."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bench.architectures.base import Critic
from bench.data.base import Data
from bench.training.nets import Net


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
