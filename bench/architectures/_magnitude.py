"""Layers that keep the magnitude of what goes through: unit variance in, about unit variance out, whatever the weights' size.

Source: Karras et al. 2024 (EDM2), whose equations are named, and its code.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.architectures._blocks import CONDITION, condition, down, halvings, up

RESIDUAL = 0.3  # how much of a residual block's branch is mixed in


def unit(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """x divided by its root mean square over some axes."""
    scaled: Tensor = x * (x.square().mean(axes, keepdim=True) + 1e-8).rsqrt()
    return scaled


def silu(x: Tensor) -> Tensor:
    """silu(x)/.596: unit variance where x is N(0, 1) (eq. 81)."""
    return F.silu(x) / 0.596


def mixed(a: Tensor, b: Tensor, share: float) -> Tensor:
    """((1 - share) a + share b)/√((1 - share)² + share²) (eq. 88)."""
    blend: Tensor = torch.lerp(a, b, share) / sqrt((1 - share) ** 2 + share**2)
    return blend


def joined(a: Tensor, b: Tensor) -> Tensor:
    """a and b side by side along channels, each with half of the sum's squares (eq. 103 with t = ½)."""
    n, m = a.shape[1], b.shape[1]
    return torch.cat([a * sqrt((n + m) / (2 * n)), b * sqrt((n + m) / (2 * m))], 1)


class Layer(nn.Module):
    """A convolution (or, with side 0, a linear map) without a bias, each output's weights scaled to length 1 (eqs. 47 and 66).

    The paper also writes the scaled weights back after every step, so that they do not grow; here they may.
    """

    def __init__(self, inputs: int, outputs: int, side: int = 0) -> None:
        super().__init__()
        self.side = side
        self.weight = nn.Parameter(torch.randn(outputs, inputs, *[side] * (2 * bool(side))))

    def forward(self, x: Tensor) -> Tensor:
        axes = tuple(range(1, self.weight.ndim))
        weight = unit(self.weight, axes) / self.weight[0].numel() ** 0.5
        return F.conv2d(x, weight, padding=self.side // 2) if self.side else x @ weight.t()


class Block(nn.Module):
    """A residual block: on the way down of inputs that are scaled to length 1 at every pixel."""

    def __init__(
        self, inputs: int, outputs: int, known: int, resample: Callable[[Tensor], Tensor] | None, *, downward: bool
    ) -> None:
        super().__init__()
        self.resample, self.downward = resample, downward
        self.skip = Layer(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.conv1, self.conv2 = Layer(outputs if downward else inputs, outputs, 3), Layer(outputs, outputs, 3)
        self.embed, self.gain = Layer(known, outputs), nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        if self.resample is not None:
            x = self.resample(x)
        if self.downward:
            x = unit(self.skip(x), (1,))
        h = self.conv1(silu(x))
        h = self.conv2(silu(h * (1 + self.gain * self.embed(c))[:, :, None, None]))
        return mixed(x if self.downward else self.skip(x), h, RESIDUAL)


class Attention(nn.Module):
    """One head of attention over all pixels, of queries, keys and values of unit magnitude."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.inward, self.outward = Layer(channels, 3 * channels, 1), Layer(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (unit(part, (1,)) for part in self.inward(x).flatten(2).chunk(3, 1))
        weight = (q.mT @ k * q.shape[1] ** -0.5).softmax(-1)
        return mixed(x, self.outward((v @ weight.mT).reshape(x.shape)), RESIDUAL)


class Denoiser(nn.Module):
    """The U-Net of unet.py made of these layers; its output starts at 0, by a learned factor."""

    def __init__(
        self, shape: tuple[int, ...], out: int | None, latent: int, classes: int, width: int, depth: int
    ) -> None:
        super().__init__()
        self.classes = classes
        sizes = [width, *[2 * width] * halvings(shape, depth)]
        known = 4 * width
        self.embed = Layer(CONDITION + classes + latent, known)
        self.stem = Layer(shape[0] + 1, width, 3)
        self.downs = nn.ModuleList(
            Block(i, o, known, down if level else None, downward=True)
            for level, (i, o) in enumerate(zip([width, *sizes], sizes, strict=False))
        )
        self.attention, self.middle = Attention(sizes[-1]), Block(sizes[-1], sizes[-1], known, None, downward=False)
        self.ups = nn.ModuleList(
            Block(o + s, s, known, None, downward=False)
            for o, s in zip([sizes[-1], *sizes[:0:-1]], sizes[::-1], strict=True)
        )
        self.head, self.gain = Layer(width, out or shape[0], 3), nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, t: Tensor, y: Tensor | None = None, z: Tensor | None = None) -> Tensor:
        c = silu(self.embed(unit(condition(t, y, z, self.classes), (1,))))
        h, held = self.stem(torch.cat([x, torch.ones_like(x[:, :1])], 1)), []
        for block in self.downs:
            h = block(h, c)
            held.append(h)
        h = self.middle(self.attention(h), c)
        for level, block in enumerate(self.ups):
            h = block(joined(up(h) if level else h, held.pop()), c)
        guess: Tensor = self.head(h) * self.gain
        return guess
