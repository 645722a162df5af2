"""Strided convolutions in the manner of DCGAN, for images of 8 pixels and more."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import torch
from torch import Tensor, nn

from bench.architectures._blocks import (
    CONDITION,
    BatchNorm,
    Reshape,
    condition,
    halvings,
    smallest,
)
from bench.architectures._convolutional import Convolutional, ImageCritic, ImageEncoder, Make
from bench.architectures.base import one_hot


def normal_weights(module: nn.Module) -> nn.Module:
    """N(0, .02²) for every convolution, the initialisation of Radford et al. 2016, section 4."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(part.weight, 0.0, 0.02)
    return module


def channels(width: int, times: int) -> list[int]:
    """Channels after each halving: `width`, doubled each time and at most 8 widths."""
    return [width * min(8, 2**k) for k in range(times)]


def upward(sizes: list[int], outputs: int) -> nn.Sequential:
    """Transposed convolutions from the smallest image (sizes[-1] channels) to the full one, batch norm between them."""
    parts: list[nn.Module] = []
    for i, o in zip(sizes[:0:-1], sizes[-2::-1], strict=True):
        parts += [nn.ConvTranspose2d(i, o, 4, 2, 1, bias=False), BatchNorm(o), nn.ReLU()]
    return nn.Sequential(*parts, nn.ConvTranspose2d(sizes[0], outputs, 4, 2, 1))


def downward(inputs: int, sizes: list[int]) -> nn.Sequential:
    """Convolutions that halve the image each time; no normalisation, so no sample sees another. Ends flat."""
    parts: list[nn.Module] = []
    for i, o in zip([inputs, *sizes], sizes, strict=False):
        parts += [nn.Conv2d(i, o, 4, 2, 1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*parts, nn.Flatten(1))


class Generator(nn.Module):
    """Linear, batch norm, then transposed convolutions; `bound` keeps the output where images live."""

    def __init__(
        self, latent: int, shape: tuple[int, ...], classes: int, width: int, depth: int, bound: nn.Module
    ) -> None:
        super().__init__()
        self.classes = classes
        sizes, start = channels(width, halvings(shape, depth)), smallest(shape, depth)
        self.stem = nn.Sequential(
            nn.Linear(latent + classes, sizes[-1] * prod(start)),
            Reshape(sizes[-1], *start),
            BatchNorm(sizes[-1]),
            nn.ReLU(),
        )
        self.body = normal_weights(upward(sizes, shape[0]))
        self.bound = bound

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        joint = z if not self.classes or y is None else torch.cat([z, one_hot(y, self.classes, z)], 1)
        x: Tensor = self.bound(self.body(self.stem(joint)))
        return x


class ConvCritic(ImageCritic):
    """Strided convolutions, then one linear layer on all features; noise level and label enter as constant channels."""

    def __init__(self, shape: tuple[int, ...], timed: bool, classes: int, width: int, depth: int) -> None:
        super().__init__()
        self.classes = classes
        sizes = channels(width, halvings(shape, depth))
        self.body = normal_weights(downward(shape[0] + timed * CONDITION + classes, sizes))
        self.head = nn.Linear(sizes[-1] * prod(smallest(shape, depth)), 1)


class Denoiser(nn.Module):
    """Down and up again with skip connections and no normalisation. Source: Isola et al. 2017, section 6.1."""

    def __init__(
        self, shape: tuple[int, ...], out: int | None, latent: int, classes: int, width: int, depth: int
    ) -> None:
        super().__init__()
        self.classes = classes
        sizes = channels(width, halvings(shape, depth))
        self.downs = nn.ModuleList(nn.Conv2d(i, o, 4, 2, 1) for i, o in zip([shape[0], *sizes], sizes, strict=False))
        self.embeds = nn.ModuleList(nn.Linear(CONDITION + classes + latent, o) for o in sizes)
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(i, o, 4, 2, 1)
            for i, o in zip([sizes[-1], *(2 * s for s in sizes[-2::-1])], [*sizes[-2::-1], width], strict=True)
        )
        self.head = nn.Conv2d(width + shape[0], out or shape[0], 3, padding=1)

    def forward(self, x: Tensor, t: Tensor, y: Tensor | None = None, z: Tensor | None = None) -> Tensor:
        c, h, held = condition(t, y, z, self.classes), x, [x]
        for layer, embed in zip(self.downs, self.embeds, strict=True):
            h = nn.functional.silu(layer(h) + embed(c)[:, :, None, None])
            held.append(h)
        held.pop()
        for layer in self.ups:
            h = torch.cat([nn.functional.silu(layer(h)), held.pop()], 1)
        guess: Tensor = self.head(h)
        return guess


class Encoder(ImageEncoder):
    """The critic's body, then mean and log variance."""

    def __init__(self, shape: tuple[int, ...], latent: int, width: int, depth: int) -> None:
        super().__init__()
        sizes = channels(width, halvings(shape, depth))
        self.body = downward(shape[0], sizes)
        self.head = nn.Linear(sizes[-1] * prod(smallest(shape, depth)), 2 * latent)


@dataclass(frozen=True, kw_only=True)
class DCGAN(Convolutional):
    """Strided and transposed 4x4 convolutions. Source: Radford et al. 2016, section 3.

    `width` is the number of channels at half resolution, `depth` the number of halvings (0: down to 4 to 7 pixels).
    The generator has batch norm from the statistics of the batch at hand (none are kept) and ends in tanh; the critic
    has no normalisation, since gradient penalties ask for each sample's own slope (Gulrajani et al. 2017, section 4).
    """

    make_generator: ClassVar[Make] = Generator
    make_critic: ClassVar[Make] = ConvCritic
    make_denoiser: ClassVar[Make] = Denoiser
    make_encoder: ClassVar[Make] = Encoder
