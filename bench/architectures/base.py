"""An architecture builds the networks that models ask for, by role. No buffers, no dropout state, no running statistics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from bench.plugins import find, word_of


class Critic(nn.Module):
    """body: x [B, *D] (and t, y) -> features [B, F]; head: features -> logits [B, 1]. Stabilizers replace either."""

    body: nn.Module
    head: nn.Module

    def forward(self, x: Tensor, t: Tensor | None = None, y: Tensor | None = None, *, features: bool = False) -> Tensor:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Architecture(ABC):
    """A word for `arch=` of a model, options of its own in brackets: `arch=mlp(octaves=0)`. Subclass it, one file each,
    named as the file. `width` and `depth` are its size.

    t is a noise level [B], embedded inside; y holds labels [B] int64 (`classes` > 0), embedded by `one_hot`;
    z is latent noise [B, latent].
    """

    width: int
    depth: int

    @abstractmethod
    def refuses(self, shape: tuple[int, ...]) -> str | None:
        """Why it can't be built for samples of this shape; None where it can."""

    @abstractmethod
    def generator(self, latent: int, shape: tuple[int, ...], classes: int = 0) -> nn.Module:
        """forward(z [B, latent], y=None) -> x [B, *shape]."""

    def decoder(self, latent: int, shape: tuple[int, ...]) -> nn.Module:
        """As the generator, with an output that nothing bounds: the decoder of a VAE."""
        return self.generator(latent, shape)

    @abstractmethod
    def critic(self, shape: tuple[int, ...], timed: bool = False, classes: int = 0) -> nn.Module:
        """A Critic: forward(x, t=None, y=None, features=False) -> logits [B] or features [B, F]."""

    @abstractmethod
    def denoiser(self, shape: tuple[int, ...], out: int | None = None, latent: int = 0, classes: int = 0) -> nn.Module:
        """forward(x [B, *shape], t [B], y=None, z=None) -> [B, *shape], or `out` channels (coordinates) in place of shape[0]."""

    @abstractmethod
    def encoder(self, shape: tuple[int, ...], latent: int) -> nn.Module:
        """forward(x [B, *shape]) -> (mean, logvar), each [B, latent]."""


def one_hot(y: Tensor, classes: int, like: Tensor) -> Tensor:
    """y [B] int64 -> [B, classes]; a label outside 0 … classes-1 (the null label of guidance) is a zero row."""
    return (y[:, None] == torch.arange(classes, device=y.device)).to(like.dtype)


def architecture(
    arch: str | Architecture, shape: tuple[int, ...], image: str, width: int = 0, depth: int = 0
) -> Architecture:
    """The architecture of a model's options: `auto` is mlp for points and `image` for images.

    A width or a depth of 0 keeps the architecture's own. Raises ValueError where it can't be built for samples of this shape.
    """
    size = {name: value for name, value in (("width", width), ("depth", depth)) if value}
    if arch == "auto":
        arch = image if len(shape) == 3 else "mlp"
    built: Architecture = find("architectures", arch)(**size) if isinstance(arch, str) else replace(arch, **size)
    if why := built.refuses(shape):
        raise ValueError(f"architecture {word_of(type(built))} can't be built for samples of shape {shape}: {why}")
    return built
