"""Minibatch discrimination: the critic is told how near each sample lies to the others of its batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from bench.plugins.ranges import Count
from bench.stabilizers._critics import widened
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.loss_inputs import AdversarialInputs
from bench.training.nets import Net


class Closeness(nn.Module):
    """h [B, F] -> [B, F + kernels]: o_b(i) = Σ_{j≠i} exp(-‖M_ib - M_jb‖₁) with M = h T."""

    def __init__(self, features: int, kernels: int, size: int) -> None:
        super().__init__()
        self.t = nn.Parameter(torch.randn(features, kernels, size) * features**-0.5)

    def forward(self, h: Tensor) -> Tensor:
        m = torch.einsum("bf,fks->bks", h, self.t)
        near = (-(m[:, None] - m[None]).abs().sum(3)).exp()  # [B, B, kernels]
        return torch.cat([h, near.sum(1) - 1], 1)


@dataclass(frozen=True)
class MinibatchDiscrimination(Stabilizer):
    """The critic's last layer sees, beside the features, `kernels` sums of similarities to the rest of the batch.

    `size` is the length of each kernel's row. Memory grows with B² · kernels · size. Samples of a batch see one another
    from then on, in gradient penalties too. Source: Salimans et al. 2016, section 3.2.
    """

    kernels: Count = 16
    size: Count = 4

    inputs_type: ClassVar[type] = AdversarialInputs

    def nets(self, nets: dict[str, Net], game: Game) -> dict[str, Net]:
        def layer(features: int) -> tuple[nn.Module, int]:
            return Closeness(features, self.kernels, self.size), self.kernels

        return nets | {"D": widened(nets["D"], layer, "minibatch_discrimination")}
