"""Energy-based GANs: the critic is an autoencoder, and how badly it gives a sample back is the sample's energy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from bench.architectures.base import Architecture, architecture
from bench.data.base import Data
from bench.models.gan import GAN
from bench.plugins.ranges import AtLeastTwo, NonNegative
from bench.training.loss_inputs import AdversarialInputs
from bench.training.nets import Net


class Autoencoder(nn.Module):
    """x -> -energy [B], the negative of mean |x - decode(encode(x))|^power over coordinates; its features are the code."""

    def __init__(self, arch: Architecture, shape: tuple[int, ...], code: int, power: int) -> None:
        super().__init__()
        self.encoder, self.decoder = arch.encoder(shape, code // 2), arch.decoder(code, shape)
        self.power = power

    def forward(self, x: Tensor, *, features: bool = False) -> Tensor:
        code = torch.cat(self.encoder(x), 1)  # both halves of the encoder's output, [B, code]
        if features:
            return code
        gap: Tensor = self.decoder(code) - x
        return -(gap.square() if self.power == 2 else gap.abs()).flatten(1).mean(1)


@dataclass(frozen=True, kw_only=True)
class EBGAN(GAN):
    """D: E(x) + relu(margin - E(x̃)); G: E(x̃), with the energy E the error of D's autoencoder: squared, or absolute.

    The critic's logit is -E, so that real samples have the larger one and every stabilizer of a GAN applies; with
    `+ pulling_away` on the code it is the paper's EBGAN-PT, with `+ began` and power=1 it is BEGAN. On dcgan and resnet
    the decoder has batch norm, so that a sample's energy depends on its batch; on mlp it does not.
    Source: Zhao et al. 2017, eqs. 1, 2 and 13; Berthelot et al. 2017, eq. 1.
    """

    loss: str = field(default="margin", metadata={"words": lambda: ["margin"]})
    margin: NonNegative = 1.0
    power: Literal[1, 2] = 2
    code: AtLeastTwo = 8

    def __post_init__(self) -> None:
        if self.code < 2 or self.code % 2:
            raise ValueError(f"code={self.code}: an even number, since an encoder's output comes in two halves")
        if self.conditional:
            raise ValueError("conditional=True: the autoencoder of ebgan knows no labels; leave it out")

    def make_nets(self, data: Data) -> dict[str, Net]:
        arch = architecture(self.arch, data.shape, "dcgan", self.width, self.depth)
        critic = Net(Autoencoder, arch=arch, shape=data.shape, code=self.code, power=self.power)
        return super().make_nets(data) | {"D": critic}

    def objective(self, player: str, inputs: AdversarialInputs) -> Tensor:
        if player == "D":
            return (self.margin + inputs.f).relu().mean() - inputs.r.mean()
        return -inputs.f.mean()
