"""Multilayer perceptrons for points and small flattened images."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

import torch
from torch import Tensor, nn

from bench.architectures._dense import Activation, Init, Linear, hidden, initialised
from bench.architectures.base import Architecture, Critic, one_hot
from bench.plugins.ranges import Count, Whole

FREQUENCIES = 4  # octaves of the noise level's embedding


def embed(t: Tensor) -> Tensor:
    """A noise level t [B] -> [B, 1 + 2 · FREQUENCIES]: t itself, and sin and cos of π 2ᵏ t."""
    angles = torch.pi * t[:, None] * 2 ** torch.arange(FREQUENCIES, device=t.device, dtype=t.dtype)
    return torch.cat([t[:, None], angles.sin(), angles.cos()], 1)


def waves(x: Tensor, octaves: int) -> Tensor:
    """Coordinates x [B, d] -> [B, d (1 + 2 · octaves)]: x itself, and sin and cos of (π/3) 2ᵏ x, k = 0 … octaves - 1.

    The longest wave is 6 standard deviations of normalised data, the shortest of four octaves .75.
    Source: Tancik et al. 2020, eq. 5 (Fourier features), with frequencies on the axes.
    """
    if not octaves:
        return x
    angles = (torch.pi / 3 * x[:, :, None] * 2 ** torch.arange(octaves, device=x.device, dtype=x.dtype)).flatten(1)
    return torch.cat([x, angles.sin(), angles.cos()], 1)


def joined(x: Tensor, t: Tensor | None, y: Tensor | None, z: Tensor | None, classes: int, octaves: int = 0) -> Tensor:
    """All inputs side by side, flat: [B, inputs]."""
    parts = [waves(x.flatten(1), octaves)]
    if t is not None:
        parts.append(embed(t))
    if classes and y is not None:
        parts.append(one_hot(y, classes, x))
    if z is not None:
        parts.append(z)
    return parts[0] if len(parts) == 1 else torch.cat(parts, 1)


def inputs(shape: tuple[int, ...], timed: bool, classes: int, latent: int = 0, octaves: int = 0) -> int:
    return prod(shape) * (1 + 2 * octaves) + timed * (1 + 2 * FREQUENCIES) + classes + latent


class Generator(nn.Module):
    def __init__(
        self,
        latent: int,
        shape: tuple[int, ...],
        classes: int,
        width: int,
        depth: int,
        activation: Activation,
        normed: bool,
    ) -> None:
        super().__init__()
        self.shape, self.classes = shape, classes
        self.body = hidden(latent + classes, width, depth, activation, normed=normed)
        self.head = Linear(width, prod(shape))

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        x: Tensor = self.head(self.body(joined(z, None, y, None, self.classes)))
        return x.view(-1, *self.shape)


class MlpCritic(Critic):
    def __init__(
        self,
        shape: tuple[int, ...],
        timed: bool,
        classes: int,
        width: int,
        depth: int,
        octaves: int,
        activation: Activation,
    ) -> None:
        super().__init__()
        self.classes, self.octaves = classes, octaves
        self.body = hidden(inputs(shape, timed, classes, octaves=octaves), width, depth, activation)
        self.head = Linear(width, 1)

    def forward(self, x: Tensor, t: Tensor | None = None, y: Tensor | None = None, *, features: bool = False) -> Tensor:
        seen: Tensor = self.body(joined(x, t, y, None, self.classes, self.octaves))
        return seen if features else self.head(seen).squeeze(-1)


class Denoiser(nn.Module):
    def __init__(
        self, shape: tuple[int, ...], out: int | None, latent: int, classes: int, width: int, depth: int, octaves: int
    ) -> None:
        super().__init__()
        self.shape, self.classes, self.octaves = (out or shape[0], *shape[1:]), classes, octaves
        self.body = hidden(inputs(shape, True, classes, latent, octaves), width, depth)
        self.head = Linear(width, prod(self.shape))

    def forward(self, x: Tensor, t: Tensor, y: Tensor | None = None, z: Tensor | None = None) -> Tensor:
        guess: Tensor = self.head(self.body(joined(x, t, y, z, self.classes, self.octaves)))
        return guess.view(-1, *self.shape)


class Encoder(nn.Module):
    def __init__(self, shape: tuple[int, ...], latent: int, width: int, depth: int, octaves: int) -> None:
        super().__init__()
        self.octaves = octaves
        self.body = hidden(inputs(shape, False, 0, octaves=octaves), width, depth)
        self.head = Linear(width, 2 * latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, logvar = self.head(self.body(joined(x, None, None, None, 0, self.octaves))).chunk(2, 1)
        return mean, logvar


@dataclass(frozen=True, kw_only=True)
class MLP(Architecture):
    """Fully connected layers; samples of any shape are flattened.

    Denoisers and encoders of points see the coordinates as waves of so many `octaves` too (see `waves`; 0: the
    coordinates alone), critics as waves of `critic_octaves`. Images and latent codes are seen as they are. Denoisers
    need the waves to tell close modes apart; a critic of four octaves is so steep that a plain GAN collapses under it
    (DESIGN.md has numbers).

    What published recipes differ in is for generators and critics alone, whose sizes may differ. `activation`: leaky_relu
    (slope .2), relu, tanh, maxout (five pieces). `norm=batch`: batch norm in the generator, by the batch at hand.
    `init`: torch's default, normal (N(0, .02²)), he (for rectifiers), orthogonal (gain 1.4); biases then start at 0.
    """

    width: Count = 128
    depth: Count = 3
    octaves: Whole = 4
    critic_octaves: Whole = 0
    critic_width: Whole = 0  # 0: as wide, as deep as the generator
    critic_depth: Whole = 0
    activation: Activation = "leaky_relu"
    critic_activation: Activation | Literal["same"] = "same"
    norm: Literal["none", "batch"] = "none"
    init: Init = "default"

    def refuses(self, shape: tuple[int, ...]) -> str | None:
        return None

    def generator(self, latent: int, shape: tuple[int, ...], classes: int = 0) -> nn.Module:
        normed = self.norm == "batch"
        net = Generator(latent, shape, classes, self.width, self.depth, self.activation, normed)
        return initialised(net, self.init)

    def critic(self, shape: tuple[int, ...], timed: bool = False, classes: int = 0) -> nn.Module:
        width, depth = self.critic_width or self.width, self.critic_depth or self.depth
        activation = self.activation if self.critic_activation == "same" else self.critic_activation
        octaves = _of_points(self.critic_octaves, shape)
        return initialised(MlpCritic(shape, timed, classes, width, depth, octaves, activation), self.init)

    def denoiser(self, shape: tuple[int, ...], out: int | None = None, latent: int = 0, classes: int = 0) -> nn.Module:
        octaves = _of_points(self.octaves, shape)
        return Denoiser(shape, out, latent, classes, self.width, self.depth, octaves)

    def encoder(self, shape: tuple[int, ...], latent: int) -> nn.Module:
        return Encoder(shape, latent, self.width, self.depth, _of_points(self.octaves, shape))


def _of_points(octaves: int, shape: tuple[int, ...]) -> int:
    """Octaves for samples of this shape: an image's pixels are no coordinates."""
    return octaves if len(shape) == 1 else 0
