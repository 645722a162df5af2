"""Self-conditioning: the denoiser is shown its own first guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import DenoisingInputs
from bench.training.nets import Net

TRUST = "trust"  # the weight that is overwritten by the coin


class SecondLook(nn.Module):
    """F(x, trust · sg[F(x, 0)]) for a denoiser F of twice the channels; `trust` is 0 or 1."""

    def __init__(self, denoiser: nn.Module) -> None:
        super().__init__()
        self.denoiser, self.trust = denoiser, nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor, t: Tensor, y: Tensor | None = None, z: Tensor | None = None) -> Tensor:
        first = self.denoiser(torch.cat([x, torch.zeros_like(x)], 1), t, y, z).detach()
        second: Tensor = self.denoiser(torch.cat([x, self.trust * first], 1), t, y, z)
        return second


@dataclass(frozen=True)
class SelfConditioning(Stabilizer):
    """guess = F(x_t, c), where c = sg[F(x_t, 0)] in half of the training steps and in sampling, and c = 0 in the others.

    The first guess is of whatever the model is asked for (ε, v, …). In sampling it comes from a pass at the same x_t, so
    every evaluation costs two; the paper reuses that of the previous step.
    Source: Chen et al. 2023 (Analog Bits), algorithm 1.
    """

    inputs_type: ClassVar[type] = DenoisingInputs
    replaces: ClassVar[frozenset[str]] = frozenset({"denoiser's inputs"})

    def nets(self, nets: dict[str, Net], game: Game) -> dict[str, Net]:
        if "shape" not in nets["net"].options:
            raise ValueError("self_conditioning shows a denoiser more channels; this one has no shape to be changed")
        first, *rest = nets["net"].options["shape"]
        net = nets["net"].rebuild(shape=(2 * first, *rest), out=first).wrap(SecondLook)
        return nets | {"net": net}

    def nfe(self, evaluations: int) -> int:
        return 2 * evaluations

    def params_in_loss(self, params: Params, at: StepContext) -> Params:
        net = at.game.nets["net"]
        weights = net.unravel(params["net"])
        coin = (at.rng.uniform() < 0.5) if at.player else torch.ones((), device=params["net"].device)
        return params | {"net": net.ravel(weights | {TRUST: coin.to(params["net"].dtype)})}
