"""VAE-GAN: a variational autoencoder whose reconstructions are compared by the critic that its decoder has to fool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import UnionType
from typing import ClassVar

import torch
from torch import Tensor, nn

from bench.architectures.base import Architecture, architecture
from bench.data.base import Data
from bench.models.gan import GAN
from bench.plugins.ranges import NonNegative
from bench.training import gan_losses
from bench.training.game import Batch, Params
from bench.training.loss_inputs import AdversarialInputs, VAEInputs
from bench.training.nets import Net
from bench.training.rng import Rng


def comparing(arch: Architecture, sample: tuple[int, ...]) -> nn.Module:
    """A critic whose features also compare single samples, built apart so that no stabilizer changes its inputs."""
    return arch.critic(sample)


@dataclass(frozen=True)
class Coded(AdversarialInputs):
    """An adversarial game whose generator also has to give back what was encoded."""

    codes: Tensor  # z ~ q(z|x) of the real samples [B, L]
    likelihood: Callable[[Tensor, Tensor], Tensor]  # x, reconstruction [B, *D] -> log p(φ(x)|z) [B]


@dataclass(frozen=True, kw_only=True)
class VAEGAN(GAN):
    """E: β KL - log p(φ(x)|z); G: loss_G - γ log p(φ(x)|z); D: loss_D; p(φ(x)|z) = N(φ(G(z)), I), φ D's last hidden layer.

    A third of the paper's critic loss is about reconstructions: here half of a batch's fakes are made from z ~ N(0, I)
    and half from z ~ q(z|x), so that real and fake batches are as large. The encoder's loss sees `VAEInputs`, which the
    stabilizers of a VAE alter; those of generator and critic see `AdversarialInputs`. Samples are G(z) with z ~ N(0, I).
    Source: Larsen et al. 2016, eqs. 7 to 9 and algorithm 1. γ = .1 is ours.
    """

    players: ClassVar[tuple[str, ...]] = ("E", "G", "D")
    Inputs: ClassVar[type | UnionType] = VAEInputs | AdversarialInputs

    beta: NonNegative = 1.0
    gamma: NonNegative = 0.1

    def __post_init__(self) -> None:
        if self.conditional:
            raise ValueError("conditional=True: the encoder of vae_gan knows no labels; leave it out")

    def make_nets(self, data: Data) -> dict[str, Net]:
        arch = architecture(self.arch, data.shape, "dcgan", self.width, self.depth)
        return {
            "E": Net(arch.encoder, shape=data.shape, latent=self.latent),
            "G": Net(arch.generator, latent=self.latent, shape=data.shape),
            "D": Net(comparing, arch=arch, sample=data.shape),
        }

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> VAEInputs | Coded:  # type: ignore[override]
        n = len(batch.x)
        critic, generate = self.nets["D"].at(params["D"]), self.nets["G"].at(params["G"])
        features = partial(critic, features=True)
        mean, logvar = self.nets["E"](params["E"], batch.x)
        noise, prior = rng.normal(n, self.latent), rng.normal(n, self.latent)

        def likelihood(x: Tensor, recon: Tensor) -> Tensor:
            squared: Tensor = (features(x) - features(recon)).square().sum(1)
            return -0.5 * squared

        encoded = VAEInputs(batch.x, mean, logvar, noise, generate, likelihood, self.beta)
        if player == "E":
            return encoded
        z = torch.cat([prior[: n - n // 2], encoded.z[n - n // 2 :]])
        return Coded(batch.x, generate(z), critic, features, z, generate, encoded.z, likelihood)

    def objective(self, player: str, inputs: VAEInputs | Coded) -> Tensor:  # type: ignore[override]
        if isinstance(inputs, VAEInputs):
            return (inputs.beta * inputs.kl.sum(1) - inputs.log_p).mean()
        pair = gan_losses.pair(self.loss)
        if player == "D":
            return pair.critic(inputs)
        return (
            pair.generator(inputs) - self.gamma * inputs.likelihood(inputs.real, inputs.generate(inputs.codes)).mean()
        )
