"""Layers of DCGAN: strided convolutions that halve an image and transposed ones that double it, of any kernel."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, TypeAlias

from torch import nn

from bench.architectures._dense import BatchNorm

Kernel: TypeAlias = Literal[3, 4, 5]
Side: TypeAlias = tuple[int, int]  # height and width


def channels(width: int, times: int) -> list[int]:
    """Channels after each halving: `width`, doubled each time and at most 8 widths."""
    return [width * min(8, 2**k) for k in range(times)]


def halving(inputs: int, outputs: int, kernel: int, *, bias: bool = True) -> nn.Conv2d:
    """Half of each side; one that is odd is rounded up by an odd kernel, and down by an even one."""
    return nn.Conv2d(inputs, outputs, kernel, 2, (kernel - 1) // 2, bias=bias)


def doubling(inputs: int, outputs: int, kernel: int, side: Side, *, bias: bool = True) -> nn.ConvTranspose2d:
    """The way back to an image of this side: an odd kernel makes 2n - 1 of n pixels, and one more where that is wanted."""
    more = [kernel % 2 * (1 - pixels % 2) for pixels in side]
    return nn.ConvTranspose2d(inputs, outputs, kernel, 2, (kernel - 1) // 2, (more[0], more[1]), bias=bias)


def upward(sizes: list[int], outputs: int, kernel: int, sides: list[Side]) -> nn.Sequential:
    """From the smallest image (sizes[-1] channels, sides[-1]) to the full one, batch norm after all but the last."""
    parts: list[nn.Module] = []
    for i, o, side in zip(sizes[:0:-1], sizes[-2::-1], sides[-2:0:-1], strict=True):
        parts += [doubling(i, o, kernel, side, bias=False), BatchNorm(o), nn.ReLU()]
    return nn.Sequential(*parts, doubling(sizes[0], outputs, kernel, sides[0]))


def downward(inputs: int, sizes: list[int], kernel: int, *, normed: bool = False) -> nn.Sequential:
    """To the smallest image, flat; `normed`: batch norm after all but the first, else no sample sees another."""
    parts: list[nn.Module] = [halving(inputs, sizes[0], kernel), nn.LeakyReLU(0.2)]
    for i, o in pairwise(sizes):
        parts += [halving(i, o, kernel, bias=not normed), *([BatchNorm(o)] if normed else []), nn.LeakyReLU(0.2)]
    return nn.Sequential(*parts, nn.Flatten(1))


def normal_weights(module: nn.Module) -> nn.Module:
    """N(0, .02²) for every convolution, the initialisation of Radford et al. 2016, section 4."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(part.weight, 0.0, 0.02)
    return module


def all_normal(module: nn.Module) -> nn.Module:
    """N(0, .02²) for every layer, linear ones too, and biases of 0."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(part.weight, 0.0, 0.02)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    return module
