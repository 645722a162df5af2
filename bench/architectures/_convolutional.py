"""What convolutional architectures share: their size, the shapes that they fit, the classes that build each role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from bench.architectures._blocks import planes, refuses_shape
from bench.architectures.base import Architecture, Critic
from bench.plugins.ranges import Count, Whole

Make = Callable[..., nn.Module]


class ImageCritic(Critic):
    """A critic whose noise level and label enter as constant channels; a subclass builds `body` and `head`."""

    classes: int

    def forward(self, x: Tensor, t: Tensor | None = None, y: Tensor | None = None, *, features: bool = False) -> Tensor:
        hidden: Tensor = self.body(planes(x, t, y, self.classes))
        return hidden if features else self.head(hidden).squeeze(-1)


class ImageEncoder(nn.Module):
    """`body` to flat features, `head` from these to mean and log variance, side by side; a subclass builds both."""

    body: nn.Module
    head: nn.Module

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, logvar = self.head(self.body(x)).chunk(2, 1)
        return mean, logvar


@dataclass(frozen=True, kw_only=True)
class Convolutional(Architecture):
    """Roles by the classes that build them; each is given the architecture, whose `width` is a number of channels and
    `depth` that of the halvings (0: down to 4 to 7 pixels)."""

    width: Count = 32
    depth: Whole = 0

    make_generator: ClassVar[Make]  # (latent, shape, classes, architecture, bound)
    make_critic: ClassVar[Make]  # (shape, timed, classes, architecture)
    make_denoiser: ClassVar[Make]  # (shape, out, latent, classes, architecture)
    make_encoder: ClassVar[Make]  # (shape, latent, architecture)

    def refuses(self, shape: tuple[int, ...]) -> str | None:
        return refuses_shape(shape, self.depth)

    def generator(self, latent: int, shape: tuple[int, ...], classes: int = 0) -> nn.Module:
        return type(self).make_generator(latent, shape, classes, self, nn.Tanh())

    def decoder(self, latent: int, shape: tuple[int, ...]) -> nn.Module:
        return type(self).make_generator(latent, shape, 0, self, nn.Identity())

    def critic(self, shape: tuple[int, ...], timed: bool = False, classes: int = 0) -> nn.Module:
        return type(self).make_critic(shape, timed, classes, self)

    def denoiser(self, shape: tuple[int, ...], out: int | None = None, latent: int = 0, classes: int = 0) -> nn.Module:
        return type(self).make_denoiser(shape, out, latent, classes, self)

    def encoder(self, shape: tuple[int, ...], latent: int) -> nn.Module:
        return type(self).make_encoder(shape, latent, self)
