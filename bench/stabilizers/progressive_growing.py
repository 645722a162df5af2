"""Progressive growing: both players start small and new layers fade in, one stage after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.architectures import dcgan, mlp
from bench.plugins.ranges import Count, Positive
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.nets import Net

OPACITY = "opacity"  # the weight that is overwritten by the fade


class Deepening(nn.Module):
    """An mlp's layers: h_k = (1 - o_k) h_{k-1} + o_k layer_k(h_{k-1}); the first layer is always there."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        cuts = [k for k, part in enumerate(layers) if isinstance(part, nn.Linear)]
        stages = [nn.Sequential(*layers[a:b]) for a, b in zip(cuts, [*cuts[1:], len(layers)], strict=True)]
        self.first, self.later = stages[0], nn.ModuleList(stages[1:])
        self.opacity = nn.Parameter(torch.ones(len(stages) - 1))

    def forward(self, x: Tensor) -> Tensor:
        h: Tensor = self.first(x)
        for layer, opacity in zip(self.later, self.opacity.unbind(), strict=True):
            h = torch.lerp(h, layer(h), opacity)
        return h


class Rising(nn.Module):
    """A generator's doublings: each stage's image, doubled, blends into that of the next."""

    def __init__(self, body: nn.Sequential) -> None:
        super().__init__()
        cuts = [k for k, part in enumerate(body) if isinstance(part, nn.ConvTranspose2d)]
        layers = [part for part in body if isinstance(part, nn.ConvTranspose2d)]
        ends = [*cuts[1:], len(body)]
        self.blocks = nn.ModuleList(nn.Sequential(*body[a:b]) for a, b in zip(cuts, ends, strict=True))
        self.images = nn.ModuleList(nn.Conv2d(layer.in_channels, layers[-1].out_channels, 1) for layer in layers)
        self.opacity = nn.Parameter(torch.ones(len(cuts)))

    def forward(self, h: Tensor) -> Tensor:
        image: Tensor = self.images[0](h)
        for k, opacity in enumerate(self.opacity.unbind()):
            h = self.blocks[k](h)
            sharper = self.images[k + 1](h) if k + 1 < len(self.images) else h  # the last block makes the image itself
            image = torch.lerp(F.interpolate(image, scale_factor=2.0), sharper, opacity)
        return image


class Falling(nn.Module):
    """A critic's halvings: what a stage makes of the image blends into what the next makes of its features."""

    def __init__(self, body: nn.Sequential) -> None:
        super().__init__()
        cuts = [k for k, part in enumerate(body) if isinstance(part, nn.Conv2d)]
        layers = [part for part in body if isinstance(part, nn.Conv2d)]
        ends = [*cuts[1:], len(body) - 1]
        self.blocks = nn.ModuleList(nn.Sequential(*body[a:b]) for a, b in zip(cuts, ends, strict=True))
        self.entries = nn.ModuleList(
            nn.Sequential(nn.Conv2d(layers[0].in_channels, layer.out_channels, 1), nn.LeakyReLU(0.2))
            for layer in layers
        )
        self.opacity = nn.Parameter(torch.ones(len(cuts)))

    def forward(self, x: Tensor) -> Tensor:
        h = x
        for block, entry, opacity in zip(self.blocks, self.entries, self.opacity.flip(0).unbind(), strict=True):
            x = F.avg_pool2d(x, 2)
            h = torch.lerp(entry(x), block(h), opacity)
        return h.flatten(1)


BODIES: dict[type[nn.Module], type[nn.Module]] = {
    mlp.Generator: Deepening,
    mlp.MlpCritic: Deepening,
    dcgan.Generator: Rising,
    dcgan.ConvCritic: Falling,
}


@dataclass(frozen=True)
class ProgressiveGrowing(Stabilizer):
    """Stage s = 1, 2, … fades in from step s · every on, over fade · every steps, in both players at once.

    A stage is a doubling of the resolution (dcgan) or a hidden layer (mlp, for points). Every stage exists from the start; its
    opacity is a weight that is overwritten by the fade, so a stage that has not faded in yet has a gradient of exactly zero.
    Images keep their size: an early generator doubles its pixels, an early critic averages them.
    Source: Karras et al. 2018, section 2 and figure 2; layers in place of resolutions are ours.
    """

    every: Count = 1000
    fade: Positive = 0.5

    inputs_type: ClassVar[type] = AdversarialInputs
    replaces: ClassVar[frozenset[str]] = frozenset({"layers"})

    def __post_init__(self) -> None:
        if self.every < 1 or self.fade <= 0:
            raise ValueError("progressive growing needs every ≥ 1 and fade > 0")

    def nets(self, nets: dict[str, Net], game: Game) -> dict[str, Net]:
        return {player: net.wrap(growing) for player, net in nets.items()}

    def params_in_loss(self, params: Params, at: StepContext) -> Params:
        return {player: self._faded(at.game.nets[player], theta, at.step) for player, theta in params.items()}

    def _faded(self, net: Net, theta: Tensor, step: Tensor) -> Tensor:
        weights = net.unravel(theta)
        name = next(name for name in weights if name.split(".")[-1] == OPACITY)  # others may have wrapped the network
        stage = torch.arange(1, len(weights[name]) + 1, device=theta.device)
        opacity = ((step / self.every - stage) / self.fade).clamp(0, 1)
        return net.ravel(weights | {name: opacity.to(theta.dtype)})


def growing(module: nn.Module) -> nn.Module:
    """The network with layers that fade in. Raises ValueError where its architecture has no stages."""
    if type(module) not in BODIES:
        raise ValueError("progressive_growing knows the stages of arch=mlp and arch=dcgan only, unaltered by others")
    module.body = BODIES[type(module)](module.body)
    return module
