"""Dropout whose masks come from outside: a layer that holds no random state of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from bench.architectures import _blocks, dcgan, mlp
from bench.training.rng import Rng


class Drop(nn.Module):
    """Each number is 0 with probability `rate` and 1/(1 - rate) times itself otherwise; nothing where it has no source."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.source: Rng | None = None

    def forward(self, h: Tensor) -> Tensor:
        if self.source is None:
            return h
        kept: Tensor = h * (self.source.uniform(*h.shape) >= self.rate)
        return kept / (1 - self.rate)


@contextmanager
def masks(module: nn.Module, source: Rng) -> Iterator[None]:
    """Every Drop in a module draws from a source, for the time of one call."""
    drops = [part for part in module.modules() if isinstance(part, Drop)]
    try:
        for part in drops:
            part.source = source
        yield
    finally:
        for part in drops:
            part.source = None


def dropping(module: nn.Module, rate: float) -> nn.Module:
    """The network with dropout; raises ValueError for an architecture in which its place is not known.

    Before every layer of an mlp but the first, before the second convolution of each residual block, before every
    convolution on dcgan's way up.
    """
    if isinstance(module, mlp.Denoiser):
        later = list(module.body)[2:]
        module.body = nn.Sequential(*list(module.body)[:2], *[q for p in later for q in _before(p, rate)])
        module.add_module("head", nn.Sequential(Drop(rate), module.head))
        return module
    blocks = [part for part in module.modules() if isinstance(part, _blocks.ResBlock)]
    for block in blocks:
        block.add_module("conv2", nn.Sequential(Drop(rate), block.conv2))
    if isinstance(module, dcgan.Denoiser):
        module.ups = nn.ModuleList(nn.Sequential(Drop(rate), up) for up in module.ups)
    elif not blocks:
        raise ValueError("dropout knows the denoisers of mlp, dcgan, resnet and unet only, unaltered by others")
    return module


def _before(part: nn.Module, rate: float) -> list[nn.Module]:
    return [Drop(rate), part] if isinstance(part, nn.Linear) else [part]
