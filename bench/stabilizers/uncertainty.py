"""Learned uncertainty: every noise level counts by how well it can be denoised, as the network itself finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from bench.architectures.mlp import FREQUENCIES, embed
from bench.training.game import Game
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import DenoisingInputs
from bench.training.nets import Net

NAME = "uncertainty"


class Uncertain(nn.Module):
    """A denoiser, and one weight for each number of a noise level's embedding; they start at 0."""

    def __init__(self, denoiser: nn.Module) -> None:
        super().__init__()
        self.denoiser, self.uncertainty = denoiser, nn.Parameter(torch.zeros(1 + 2 * FREQUENCIES + 1))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.denoiser(*args, **kwargs)


@dataclass(frozen=True)
class Uncertainty(Stabilizer):
    """E[w(t) ‖error‖²/D · e^(-u(t)) + u(t)] in place of E w(t) ‖error‖²/D, with a learned u(t).

    Where u is best it is the logarithm of the weighted error at t, so that all levels have a loss of 1 + u and like gradients. It
    is linear in the path's own t, its sines and cosines (`embed` in architectures/mlp.py) and a constant; the paper has a layer
    on random Fourier features of ln σ. Written left of what wraps the network.
    Source: Karras et al. 2024 (EDM2), eqs. 14 to 16 and 21; Kendall et al. 2018.
    """

    inputs_type: ClassVar[type] = DenoisingInputs
    replaces: ClassVar[frozenset[str]] = frozenset({"loss:net"})

    def nets(self, nets: dict[str, Net], game: Game) -> dict[str, Net]:
        return nets | {"net": nets["net"].wrap(Uncertain)}

    def log_variance(self, t: Tensor, at: StepContext) -> Tensor:
        """u(t) [B] of t [B]."""
        named = at.game.nets["net"].unravel(at.params["net"])
        weights = next(w for name, w in named.items() if name.split(".")[-1] == NAME)
        known: Tensor = torch.cat([embed(t), torch.ones_like(t)[:, None]], 1)
        return (known * weights).sum(1)

    def loss(self, loss: Tensor, inputs: DenoisingInputs, at: StepContext) -> Tensor:
        if at.player != "net":
            return loss
        u = self.log_variance(inputs.t, at)
        return (inputs.weight(inputs.t) * inputs.error * (-u).exp() + u).mean()
