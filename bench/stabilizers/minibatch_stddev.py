"""Minibatch standard deviation: the critic is told how much its batch varies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from bench.stabilizers._critics import widened
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.loss_inputs import AdversarialInputs
from bench.training.nets import Net

VARIANCE_FLOOR = 1e-8  # keeps the root's slope finite where samples coincide; the paper's code has the same


class Deviation(nn.Module):
    """h [B, F] -> [B, F + 1]: every sample's last feature is the mean over features of the batch's standard deviation."""

    def forward(self, h: Tensor) -> Tensor:
        deviation = (h.var(0, correction=0) + VARIANCE_FLOOR).sqrt().mean()
        return torch.cat([h, deviation.expand(len(h), 1)], 1)


@dataclass(frozen=True)
class MinibatchStddev(Stabilizer):
    """The critic's last layer sees, beside the features, the mean of their standard deviations over the batch.

    The paper has it as a map before the last convolution; here it joins the flat features. Samples of a batch see one
    another from then on, in gradient penalties too. Source: Karras et al. 2018, section 3.
    """

    inputs_type: ClassVar[type] = AdversarialInputs

    def nets(self, nets: dict[str, Net], game: Game) -> dict[str, Net]:
        return nets | {"D": widened(nets["D"], lambda features: (Deviation(), 1), "minibatch_stddev")}
