"""Variational autoencoders: -E log p(x|z) + β KL(q(z|x) ‖ N(0, I))."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import log, pi
from typing import Any, ClassVar, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.architectures.base import Architecture, architecture
from bench.data.base import Data
from bench.plugins.ranges import Count, NonNegative, Whole
from bench.training.game import Batch, Game, Params
from bench.training.loss_inputs import VAEInputs
from bench.training.nets import Net
from bench.training.rng import Rng

POINTS, IMAGES = (
    0.2,
    1.0,
)  # the likelihood's standard deviation where `scale` does not say it, in units of what is trained on


class Likelihood(NamedTuple):
    """p(x|z), from the decoder's output and the logarithm of a scale."""

    log_p: Callable[[Tensor, Tensor, Tensor], Tensor]  # x, output [B, *D], log scale [] -> log p(x|z) [B], nats
    mean: Callable[[Tensor], Tensor]  # output -> the mean of x [B, *D]


def gaussian_log_p(x: Tensor, output: Tensor, log_scale: Tensor) -> Tensor:
    """Σ_d log N(x_d; output_d, scale²)."""
    squared = ((x - output) * (-log_scale).exp()).square()
    return -0.5 * (squared + log(2 * pi) + 2 * log_scale).flatten(1).sum(1)


def bernoulli_log_p(x: Tensor, output: Tensor, log_scale: Tensor) -> Tensor:
    """Σ_d y log p + (1 - y) log(1 - p), with y = (x + 1)/2 the intensity in [0, 1] and p = sigmoid(output)."""
    intensity = (x + 1) / 2
    return (intensity * F.logsigmoid(output) + (1 - intensity) * F.logsigmoid(-output)).flatten(1).sum(1)


GAUSSIAN = Likelihood(gaussian_log_p, lambda output: output)
LIKELIHOODS = {
    "gaussian": GAUSSIAN,
    "learned_gaussian": GAUSSIAN,
    "bernoulli": Likelihood(bernoulli_log_p, lambda output: 2 * output.sigmoid() - 1),
}


class Autoencoder(nn.Module):
    """Encoder and decoder under one weight vector, and the log scale of the likelihood where that is learned."""

    def __init__(self, arch: Architecture, shape: tuple[int, ...], latent: int, log_scale: float | None) -> None:
        super().__init__()
        self.encoder, self.decoder = arch.encoder(shape, latent), arch.decoder(latent, shape)
        self.log_scale = None if log_scale is None else nn.Parameter(torch.tensor(log_scale))

    def forward(self, part: str, *value: Tensor) -> Any:
        """What a part makes of a value; without one, the part itself."""
        chosen = getattr(self, part)
        return chosen(*value) if value else chosen


@dataclass(frozen=True, kw_only=True)
class VAE(Game):
    """The (β-)VAE. Source: Kingma & Welling 2014, eq. 10; Higgins et al. 2017 for β.

    `gaussian` has the fixed standard deviation `scale` (squared error over 2 scale²), `learned_gaussian` learns one for
    all coordinates (Rybkin et al. 2021, σ-VAE) and starts at `scale`, `bernoulli` is for images in [-1, 1].
    `scale` 0 means .2 of the data's standard deviation for points, and 1 for images. A start at 1 ends on one mode of a grid of
    25: noise as wide as the data needs no latent code, and the KL divergence puts an end to it. Both numbers are ours.
    Samples are the decoder's means, without the likelihood's noise.
    """

    players: ClassVar[tuple[str, ...]] = ("net",)
    Inputs: ClassVar[type] = VAEInputs

    beta: NonNegative = 1.0
    latent: Count = 8
    likelihood: Literal["gaussian", "learned_gaussian", "bernoulli"] = "learned_gaussian"
    scale: NonNegative = 0.0
    arch: str | Architecture = "auto"
    width: Whole = 0
    depth: Whole = 0

    def __post_init__(self) -> None:
        if self.scale < 0:
            raise ValueError(f"scale={self.scale}: a standard deviation is above 0; 0 chooses one")

    def log_scale(self, image: bool) -> float:
        """The logarithm of the likelihood's standard deviation: the fixed one, or where the learned one starts."""
        return log(self.scale or (IMAGES if image else POINTS))

    def make_nets(self, data: Data) -> dict[str, Net]:
        if self.likelihood == "bernoulli" and not data.is_image:
            raise ValueError("likelihood=bernoulli is for images in [-1, 1]; points need a gaussian")
        chosen = architecture(self.arch, data.shape, "dcgan", self.width, self.depth)
        log_scale = self.log_scale(data.is_image) if self.likelihood == "learned_gaussian" else None
        return {"net": Net(Autoencoder, arch=chosen, shape=data.shape, latent=self.latent, log_scale=log_scale)}

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> VAEInputs:
        net, theta = self.nets["net"], params["net"]
        mean, logvar = net(theta, "encoder", batch.x)
        learned = net(theta, "log_scale")
        log_scale = torch.full_like(mean[0, 0], self.log_scale(batch.x.ndim == 4)) if learned is None else learned
        return VAEInputs(
            x=batch.x,
            mean=mean,
            logvar=logvar,
            noise=rng.normal(len(batch.x), self.latent),
            decode=partial(net, theta, "decoder"),
            likelihood=lambda x, output: LIKELIHOODS[self.likelihood].log_p(x, output, log_scale),
            beta=self.beta,
        )

    def objective(self, player: str, inputs: VAEInputs) -> Tensor:
        return (inputs.beta * inputs.kl.sum(1) - inputs.log_p).mean()

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        output = self.nets["net"](params["net"], "decoder", rng.normal(n, self.latent))
        return LIKELIHOODS[self.likelihood].mean(output)
