"""Residual networks in the manner of SNGAN, for images of 8 pixels and more."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.architectures._blocks import (
    CONDITION,
    ResBlock,
    Reshape,
    condition,
    down,
    group_norm,
    halvings,
    quiet,
    smallest,
    unnormed,
    up,
)
from bench.architectures._convolutional import Convolutional, ImageCritic, ImageEncoder, Make
from bench.architectures._dense import BatchNorm
from bench.architectures.base import one_hot


class Generator(nn.Module):
    """Linear, then a residual block with batch norm per doubling. Source: Miyato et al. 2018, table 4a."""

    def __init__(self, latent: int, shape: tuple[int, ...], classes: int, arch: ResNet, bound: nn.Module) -> None:
        super().__init__()
        self.classes, width, start = classes, arch.width, smallest(shape, arch.depth)
        self.stem = nn.Sequential(nn.Linear(latent + classes, width * prod(start)), Reshape(width, *start))
        self.body = nn.Sequential(
            *[ResBlock(width, width, BatchNorm, F.relu, up, bias=False) for _ in range(halvings(shape, arch.depth))]
        )
        self.head = nn.Sequential(BatchNorm(width), nn.ReLU(), nn.Conv2d(width, shape[0], 3, padding=1))
        self.bound = bound

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        joint = z if not self.classes or y is None else torch.cat([z, one_hot(y, self.classes, z)], 1)
        x: Tensor = self.bound(self.head(self.body(self.stem(joint))))
        return x


class Pool(nn.Module):
    """relu, then the sum over all pixels: [B, C, H, W] -> [B, C]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.relu().sum((2, 3))


def downward(inputs: int, width: int, times: int) -> nn.Sequential:
    """A convolution, then an unnormalised residual block per halving."""
    blocks = [ResBlock(width, width, unnormed, F.relu, down) for _ in range(times)]
    return nn.Sequential(nn.Conv2d(inputs, width, 3, padding=1), *blocks)


class ResCritic(ImageCritic):
    """Residual blocks and a sum over pixels; noise level and label enter as constant channels.

    Source: Miyato et al. 2018, table 4b.
    """

    def __init__(self, shape: tuple[int, ...], timed: bool, classes: int, arch: ResNet) -> None:
        super().__init__()
        self.classes = classes
        self.body = nn.Sequential(
            downward(shape[0] + timed * CONDITION + classes, arch.width, halvings(shape, arch.depth)),
            Pool(),
        )
        self.head = nn.Linear(arch.width, 1)


class Denoiser(nn.Module):
    """Residual blocks at full resolution, one per halving of the other roles; the condition enters each."""

    def __init__(self, shape: tuple[int, ...], out: int | None, latent: int, classes: int, arch: ResNet) -> None:
        super().__init__()
        self.classes, width = classes, arch.width
        self.stem = nn.Conv2d(shape[0], width, 3, padding=1)
        self.blocks = nn.ModuleList(
            ResBlock(width, width, group_norm, F.silu, condition=CONDITION + classes + latent)
            for _ in range(halvings(shape, arch.depth) + 1)
        )
        self.head = quiet(nn.Conv2d(width, out or shape[0], 3, padding=1))

    def forward(self, x: Tensor, t: Tensor, y: Tensor | None = None, z: Tensor | None = None) -> Tensor:
        c, h = condition(t, y, z, self.classes), self.stem(x)
        for block in self.blocks:
            h = block(h, c)
        guess: Tensor = self.head(F.silu(h))
        return guess


class Encoder(ImageEncoder):
    """The critic's blocks, then mean and log variance from all features."""

    def __init__(self, shape: tuple[int, ...], latent: int, arch: ResNet) -> None:
        super().__init__()
        self.body = nn.Sequential(downward(shape[0], arch.width, halvings(shape, arch.depth)), nn.ReLU(), nn.Flatten(1))
        self.head = nn.Linear(arch.width * prod(smallest(shape, arch.depth)), 2 * latent)


@dataclass(frozen=True, kw_only=True)
class ResNet(Convolutional):
    """Pre-activation residual blocks of `width` channels. Source: Miyato et al. 2018, appendix B.

    `depth` is the number of halvings, one block each (0: down to 4 to 7 pixels). The generator has batch norm from the
    statistics of the batch at hand (no running ones) and ends in tanh; the critic has no normalisation.
    """

    make_generator: ClassVar[Make] = Generator
    make_critic: ClassVar[Make] = ResCritic
    make_denoiser: ClassVar[Make] = Denoiser
    make_encoder: ClassVar[Make] = Encoder
