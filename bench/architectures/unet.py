"""A U-Net of residual blocks that know the noise level, with attention where the image is smallest."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.architectures import _magnitude
from bench.architectures._blocks import (
    CONDITION,
    ResBlock,
    condition,
    down,
    group_norm,
    halvings,
    quiet,
    refuses_shape,
    up,
)
from bench.architectures.base import Architecture
from bench.architectures.resnet import ResNet
from bench.plugins.ranges import Count, Whole


class Attention(nn.Module):
    """x + one head of self-attention over all pixels. Source: Ho et al. 2020, appendix B."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm, self.inward = group_norm(channels), nn.Conv2d(channels, 3 * channels, 1)
        self.outward = quiet(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.inward(self.norm(x)).flatten(2).chunk(3, 1)  # each [B, C, pixels]
        weight = (q.mT @ k * q.shape[1] ** -0.5).softmax(-1)  # [B, pixels asking, pixels asked]
        told: Tensor = self.outward((v @ weight.mT).reshape(x.shape))
        return x + told


class Denoiser(nn.Module):
    """One residual block per resolution on the way down and on the way up, joined by skip connections."""

    def __init__(
        self, shape: tuple[int, ...], out: int | None, latent: int, classes: int, width: int, depth: int
    ) -> None:
        super().__init__()
        self.classes = classes
        sizes = [width, *[2 * width] * halvings(shape, depth)]  # channels at each resolution, full first
        known = 4 * width
        self.embed = nn.Sequential(nn.Linear(CONDITION + classes + latent, known), nn.SiLU())
        self.stem = nn.Conv2d(shape[0], width, 3, padding=1)
        self.downs = nn.ModuleList(
            ResBlock(i, o, group_norm, F.silu, down if level else None, known)
            for level, (i, o) in enumerate(zip([width, *sizes], sizes, strict=False))
        )
        self.attention = Attention(sizes[-1])
        self.middle = ResBlock(sizes[-1], sizes[-1], group_norm, F.silu, None, known)
        self.ups = nn.ModuleList(
            ResBlock(o + s, s, group_norm, F.silu, None, known)
            for o, s in zip([sizes[-1], *sizes[:0:-1]], sizes[::-1], strict=True)
        )
        self.norm, self.head = group_norm(width), quiet(nn.Conv2d(width, out or shape[0], 3, padding=1))

    def forward(self, x: Tensor, t: Tensor, y: Tensor | None = None, z: Tensor | None = None) -> Tensor:
        c = self.embed(condition(t, y, z, self.classes))
        h, held = self.stem(x), []
        for block in self.downs:
            h = block(h, c)
            held.append(h)
        h = self.middle(self.attention(h), c)
        for level, block in enumerate(self.ups):
            h = block(torch.cat([up(h) if level else h, held.pop()], 1), c)
        guess: Tensor = self.head(F.silu(self.norm(h)))
        return guess


@dataclass(frozen=True, kw_only=True)
class UNet(Architecture):
    """The U-Net of DDPM with one block per resolution. Source: Ho et al. 2020, appendix B.

    `width` is the number of channels at full resolution (twice that below), `depth` the number of halvings (0: down to
    4 to 7 pixels). Only a denoiser is a U-Net: generator, critic and encoder are those of resnet.
    `magnitude` makes it of layers that keep the magnitude of activations whatever the size of weights, without normalisation
    layers and biases (Karras et al. 2024, EDM2, configuration G but for what `_magnitude.py` names).
    """

    width: Count = 32
    depth: Whole = 0
    magnitude: bool = False

    @property
    def halves(self) -> ResNet:
        """The architecture of the roles that only go up or only down."""
        return ResNet(width=self.width, depth=self.depth)

    def refuses(self, shape: tuple[int, ...]) -> str | None:
        return refuses_shape(shape, self.depth)

    def generator(self, latent: int, shape: tuple[int, ...], classes: int = 0) -> nn.Module:
        return self.halves.generator(latent, shape, classes)

    def decoder(self, latent: int, shape: tuple[int, ...]) -> nn.Module:
        return self.halves.decoder(latent, shape)

    def critic(self, shape: tuple[int, ...], timed: bool = False, classes: int = 0) -> nn.Module:
        return self.halves.critic(shape, timed, classes)

    def denoiser(self, shape: tuple[int, ...], out: int | None = None, latent: int = 0, classes: int = 0) -> nn.Module:
        made = _magnitude.Denoiser if self.magnitude else Denoiser
        return made(shape, out, latent, classes, self.width, self.depth)

    def encoder(self, shape: tuple[int, ...], latent: int) -> nn.Module:
        return self.halves.encoder(shape, latent)
