"""Generative adversarial networks: a generator G against a critic D."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from types import UnionType
from typing import ClassVar

from torch import Tensor

from bench.architectures.base import Architecture, architecture
from bench.data.base import Data
from bench.plugins.ranges import Count, Whole
from bench.training import gan_losses
from bench.training.game import Batch, Game, Params
from bench.training.loss_inputs import AdversarialInputs
from bench.training.nets import Net
from bench.training.rng import Rng


@dataclass(frozen=True, kw_only=True)
class GAN(Game):
    """A GAN with any adversarial loss of gan_losses.py; z ~ N(0, I). Source: Goodfellow et al. 2014."""

    players: ClassVar[tuple[str, ...]] = ("G", "D")
    Inputs: ClassVar[type | UnionType] = AdversarialInputs

    loss: str = field(default="non_saturating", metadata={"words": gan_losses.words})
    latent: Count = 8  # length of z
    arch: str | Architecture = "auto"  # mlp for points, dcgan for images
    width: Whole = 0  # 0: the architecture's own
    depth: Whole = 0
    betas: tuple[float, float] = (0.5, 0.9)
    conditional: bool = False  # both players see the label

    @property
    def paired(self) -> bool:
        return self.conditional

    def make_nets(self, data: Data) -> dict[str, Net]:
        arch = architecture(self.arch, data.shape, "dcgan", self.width, self.depth)
        classes = self.told(data, self.conditional)
        return {
            "G": Net(arch.generator, latent=self.latent, shape=data.shape, classes=classes),
            "D": Net(arch.critic, shape=data.shape, classes=classes),
        }

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> AdversarialInputs:
        label = {"y": batch.y} if self.conditional else {}
        critic = partial(self.nets["D"].at(params["D"]), **label)
        generate = partial(self.nets["G"].at(params["G"]), **label)
        z = rng.normal(len(batch.x), self.latent)
        return AdversarialInputs(batch.x, generate(z), critic, partial(critic, features=True), z, generate)

    def objective(self, player: str, inputs: AdversarialInputs) -> Tensor:
        pair = gan_losses.pair(self.loss)
        return pair.critic(inputs) if player == "D" else pair.generator(inputs)

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        z = rng.normal(n, self.latent)
        label = {"y": rng.integers(self.classes, n)} if self.conditional else {}
        return self.nets["G"](params["G"], z, **label)  # type: ignore[no-any-return]
