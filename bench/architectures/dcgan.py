"""Strided convolutions in the manner of DCGAN, for images of 8 pixels and more."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from bench.architectures._blocks import (
    CONDITION,
    Reshape,
    condition,
    refuses_shape,
    refuses_size,
    sides,
)
from bench.architectures._convolutional import Convolutional, ImageCritic, ImageEncoder, Make
from bench.architectures._dense import BatchNorm
from bench.architectures._strided import (
    Kernel,
    all_normal,
    channels,
    doubling,
    downward,
    halving,
    normal_weights,
    upward,
)
from bench.architectures.base import one_hot
from bench.plugins.ranges import Whole


class Generator(nn.Module):
    """Linear, batch norm, then transposed convolutions; `bound` keeps the output where images live."""

    def __init__(self, latent: int, shape: tuple[int, ...], classes: int, arch: DCGAN, bound: nn.Module) -> None:
        super().__init__()
        self.classes, steps = classes, sides(shape, arch.depth)
        sizes = channels(arch.width, len(steps) - 1)
        self.stem = nn.Sequential(
            nn.Linear(latent + classes, sizes[-1] * prod(steps[-1])),
            Reshape(sizes[-1], *steps[-1]),
            BatchNorm(sizes[-1]),
            nn.ReLU(),
        )
        self.body = normal_weights(upward(sizes, shape[0], arch.kernel, steps))
        self.bound = bound

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        joint = z if not self.classes or y is None else torch.cat([z, one_hot(y, self.classes, z)], 1)
        x: Tensor = self.bound(self.body(self.stem(joint)))
        return x


class ConvCritic(ImageCritic):
    """Strided convolutions, then one linear layer on all features; noise level and label enter as constant channels."""

    def __init__(self, shape: tuple[int, ...], timed: bool, classes: int, arch: DCGAN) -> None:
        super().__init__()
        self.classes, steps = classes, sides(shape, arch.depth)
        sizes = channels(arch.critic_width or arch.width, len(steps) - 1)
        inputs, normed = shape[0] + timed * CONDITION + classes, arch.critic_norm == "batch"
        self.body = normal_weights(downward(inputs, sizes, arch.kernel, normed=normed))
        self.head = nn.Linear(sizes[-1] * prod(steps[-1]), 1)


class Denoiser(nn.Module):
    """Down and up again with skip connections and no normalisation. Source: Isola et al. 2017, section 6.1."""

    def __init__(self, shape: tuple[int, ...], out: int | None, latent: int, classes: int, arch: DCGAN) -> None:
        super().__init__()
        self.classes, steps, width, kernel = classes, sides(shape, arch.depth), arch.width, arch.kernel
        sizes = channels(width, len(steps) - 1)
        self.downs = nn.ModuleList(halving(i, o, kernel) for i, o in zip([shape[0], *sizes], sizes, strict=False))
        self.embeds = nn.ModuleList(nn.Linear(CONDITION + classes + latent, o) for o in sizes)
        self.ups = nn.ModuleList(
            doubling(i, o, kernel, side)
            for i, o, side in zip(
                [sizes[-1], *(2 * s for s in sizes[-2::-1])], [*sizes[-2::-1], width], steps[-2::-1], strict=True
            )
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

    def __init__(self, shape: tuple[int, ...], latent: int, arch: DCGAN) -> None:
        super().__init__()
        steps = sides(shape, arch.depth)
        sizes = channels(arch.width, len(steps) - 1)
        self.body = downward(shape[0], sizes, arch.kernel)
        self.head = nn.Linear(sizes[-1] * prod(steps[-1]), 2 * latent)


@dataclass(frozen=True, kw_only=True)
class DCGAN(Convolutional):
    """Strided and transposed convolutions. Source: Radford et al. 2016, section 3.

    `width` is the number of channels at half resolution, `depth` the number of halvings (0: down to 4 to 7 pixels).
    The generator has batch norm from the statistics of the batch at hand (none are kept) and ends in tanh. A `kernel` of
    4 needs sides that can be halved so often; 3 or 5 round odd ones up (28 -> 14 -> 7 -> 4 -> 2), as `SAME` does.

    The critic has no normalisation, since gradient penalties ask for each sample's own slope (Gulrajani et al. 2017,
    section 4). `critic_norm=batch` is the paper's: batch norm in all layers but the first. Samples of a batch see one
    another then, in gradient penalties too: what these take for a sample's slope is that of the sum of all logits.
    `critic_width` 0 is the generator's.
    `init`: default (convolutions of generator and critic from N(0, .02²), linear layers and biases as torch has them), or
    normal (both players' linear layers from N(0, .02²) too, all biases 0).

    `dcgan(width=64, depth=4, kernel=5, critic_norm=batch, init=normal)` is that of DCGAN-tensorflow on 28 pixels, with
    which PacGAN's stacked MNIST was made (Lin et al. 2018, section 4.2).
    """

    kernel: Kernel = 4
    critic_width: Whole = 0
    critic_norm: Literal["none", "batch"] = "none"
    init: Literal["default", "normal"] = "default"

    make_generator: ClassVar[Make] = Generator
    make_critic: ClassVar[Make] = ConvCritic
    make_denoiser: ClassVar[Make] = Denoiser
    make_encoder: ClassVar[Make] = Encoder

    def refuses(self, shape: tuple[int, ...]) -> str | None:
        return refuses_size(shape, self.depth) if self.kernel % 2 else refuses_shape(shape, self.depth)

    def generator(self, latent: int, shape: tuple[int, ...], classes: int = 0) -> nn.Module:
        return self._initialised(super().generator(latent, shape, classes))

    def critic(self, shape: tuple[int, ...], timed: bool = False, classes: int = 0) -> nn.Module:
        return self._initialised(super().critic(shape, timed, classes))

    def _initialised(self, module: nn.Module) -> nn.Module:
        return all_normal(module) if self.init == "normal" else module
