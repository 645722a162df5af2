"""The linear-Gaussian GAN: an affine generator against a quadratic critic."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from bench.architectures.base import Critic
from bench.data.base import Data
from bench.plugins.ranges import NonNegative, Whole
from bench.training import gan_losses
from bench.training.game import Batch, Game, Params
from bench.training.loss_inputs import AdversarialInputs
from bench.training.nets import Net
from bench.training.rng import Rng


class Affine(nn.Module):
    """g(z) = W z + b; W [d, latent] from N(0, spread²), b = 0."""

    def __init__(self, latent: int, shape: tuple[int, ...], spread: float) -> None:
        super().__init__()
        self.shape = shape
        self.matrix = nn.Parameter(spread * torch.randn(torch.Size(shape).numel(), latent))
        self.shift = nn.Parameter(torch.zeros(torch.Size(shape).numel()))

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return (z @ self.matrix.t() + self.shift).reshape(len(z), *self.shape)


class Quadratic(nn.Module):
    """x [B, *D] -> all products of two coordinates, and the coordinates: [B, d² + d]."""

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(1)
        return torch.cat([(flat[:, :, None] * flat[:, None, :]).flatten(1), flat], 1)


class QuadraticCritic(Critic):
    """D(x) = xᵀMx + w·x + c, a linear head on quadratic features; its first weights are N(0, spread²)."""

    def __init__(self, shape: tuple[int, ...], spread: float) -> None:
        super().__init__()
        d = torch.Size(shape).numel()
        self.body, self.head = Quadratic(), nn.Linear(d * d + d, 1)
        nn.init.normal_(self.head.weight, std=spread)
        nn.init.zeros_(self.head.bias)

    def forward(self, x: Tensor, t: Tensor | None = None, y: Tensor | None = None, *, features: bool = False) -> Tensor:
        seen: Tensor = self.body(x)
        return seen if features else self.head(seen).squeeze(-1)


@dataclass(frozen=True, kw_only=True)
class LinearGaussian(Game):
    """g(z) = Wz + b with z ~ N(0, I) against D(x) = xᵀMx + w·x + c: on Gaussian data both players can be exact.

    The generator's law is N(b, WWᵀ) and the logistic loss's best critic, log p_real/p_fake, is in the critic's class. With
    the Wasserstein loss the expected field and its spectrum at the equilibrium are in bench/theory/linear_gaussian.py.
    For points of few coordinates: the critic has d² + d + 1 weights. Source: Feizi et al. 2017 (the LQG
    setting); Nagarajan & Kolter 2017 (one dimension).
    """

    players: ClassVar[tuple[str, ...]] = ("G", "D")
    Inputs: ClassVar[type] = AdversarialInputs
    normalises: ClassVar[bool] = False  # its closed forms are in the units of the data

    lr: float = 0.01
    optimizer: Literal["adam", "sgd", "rmsprop"] = "sgd"
    loss: str = field(default="wasserstein", metadata={"words": gan_losses.words})
    latent: Whole = 0  # length of z; 0: as many as a sample has coordinates
    spread: NonNegative = 0.5  # standard deviation of W's first entries; the critic's have a tenth of it

    LARGEST: ClassVar[int] = 64  # coordinates

    def make_nets(self, data: Data) -> dict[str, Net]:
        d = torch.Size(data.shape).numel()
        if d > self.LARGEST:
            raise ValueError(f"linear_gaussian is for samples of at most {self.LARGEST} numbers; these have {d}")
        return {
            "G": Net(Affine, latent=self.latent or d, shape=data.shape, spread=self.spread),
            "D": Net(QuadraticCritic, shape=data.shape, spread=self.spread / 10),
        }

    @property
    def z_length(self) -> int:
        return self.latent or torch.Size(self.shape).numel()

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> AdversarialInputs:
        critic, generate = self.nets["D"].at(params["D"]), self.nets["G"].at(params["G"])
        z = rng.normal(len(batch.x), self.z_length)
        return AdversarialInputs(batch.x, generate(z), critic, partial(critic, features=True), z, generate)

    def objective(self, player: str, inputs: AdversarialInputs) -> Tensor:
        pair = gan_losses.pair(self.loss)
        return pair.critic(inputs) if player == "D" else pair.generator(inputs)

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        return self.nets["G"](params["G"], rng.normal(n, self.z_length))  # type: ignore[no-any-return]
