"""Drifting: generated samples are pulled to data and pushed from one another, and the generator follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, Literal

import torch
from torch import Tensor

from bench.architectures.base import Architecture, architecture
from bench.data.base import Data
from bench.plugins.ranges import Count, Positive, Whole
from bench.training.game import Batch, Game, Params
from bench.training.nets import Net
from bench.training.rng import Rng

LOG_KERNELS: dict[str, Callable[[Tensor, float], Tensor]] = {  # distances [n, m], temperature -> log k [n, m]
    "laplace": lambda distance, tau: -distance / tau,
    "gaussian": lambda distance, tau: -distance.square() / (2 * tau**2),
}


@dataclass(frozen=True)
class DriftingInputs:
    """A batch of data and one of samples, which are compared as they are."""

    real: Tensor  # [B, *D]
    fake: Tensor  # [B, *D]


def distances(a: Tensor, b: Tensor) -> Tensor:
    """‖a_i - b_j‖ [n, m] of a [n, d], b [m, d]."""
    gaps: Tensor = (a[:, None] - b[None]).square().sum(-1).sqrt()
    return gaps


def drift(log_real: Tensor, log_fake: Tensor, real: Tensor, fake: Tensor, *, columns: bool = True) -> Tensor:
    """V(x_i) = Σ_jk A_ij B_ik (y_j - x̃_k) [n, d], with y real [m, d] and x̃ fake [l, d]; log kernels [n, m] and [n, l].

    A and B are a softmax of both together over all j and k of a row; with `columns` its geometric mean with that over i.
    Where real and fake agree in law it is 0 on average, since exchanging them changes its sign.
    Source: Deng et al. 2026, algorithm 2.
    """
    logits = torch.cat([log_real, log_fake], 1)
    shares = (logits.softmax(1) * logits.softmax(0)).sqrt() if columns else logits.softmax(1)
    a, b = shares[:, : len(real)], shares[:, len(real) :]
    field: Tensor = (a * b.sum(1, keepdim=True)) @ real - (b * a.sum(1, keepdim=True)) @ fake
    return field


@dataclass(frozen=True, kw_only=True)
class Drifting(Game):
    """E ‖x̃ - sg[x̃ + V(x̃)]‖²/D over generated x̃ = G(z), in units in which two samples lie √D apart on average.

    V is the sum over temperatures τ of `drift` with the kernel k = exp(-‖x - y‖/(τ√D)) between the batch of fakes and those of
    data and fakes (a sample does not see itself), each scaled to E‖V‖² = D: so the loss stays about the same while samples
    come nearer to data, and a learning rate that falls (`schedule`) is what lets them settle. `scaled=False` leaves V as it is:
    it vanishes where both laws agree, and with it the gradient. Samples are compared as they are; the paper compares features
    of images. There is no guidance. One evaluation a sample.
    Source: Deng et al. 2026 (Drifting), algorithms 1 and 2 and appendix A.6 (τ of .02, .05 and .2).
    """

    players: ClassVar[tuple[str, ...]] = ("G",)
    Inputs: ClassVar[type] = DriftingInputs

    latent: Count = 8
    arch: str | Architecture = "auto"
    width: Whole = 0
    depth: Whole = 0
    temperatures: tuple[Positive, ...] = (0.02, 0.05, 0.2)
    kernel: Literal["laplace", "gaussian"] = "laplace"
    scaled: bool = True

    def make_nets(self, data: Data) -> dict[str, Net]:
        arch = architecture(self.arch, data.shape, "dcgan", self.width, self.depth)
        return {"G": Net(arch.generator, latent=self.latent, shape=data.shape)}

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> DriftingInputs:
        z = rng.normal(len(batch.x), self.latent)
        return DriftingInputs(batch.x, self.nets["G"](params["G"], z))

    def field(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """V [n, d] at fakes [n, d], in units of a scale [], and that scale."""
        n, size = fake.shape
        near, others = distances(fake, real), distances(fake, fake)
        scale = torch.cat([near, others], 1).mean() / sqrt(size)
        himself = torch.eye(n, dtype=torch.bool, device=fake.device)
        total = torch.zeros_like(fake)
        for tau in self.temperatures:
            log_real, log_fake = (
                LOG_KERNELS[self.kernel](distance / scale, tau * sqrt(size)) for distance in (near, others)
            )
            alone = torch.where(himself, torch.finfo(fake.dtype).min, log_fake)
            pull = drift(log_real, alone, real / scale, fake / scale)
            total = total + (pull / pull.square().mean().sqrt() if self.scaled else pull)
        return total, scale

    def objective(self, player: str, inputs: DriftingInputs) -> Tensor:
        real, fake = inputs.real.flatten(1), inputs.fake.flatten(1)
        with torch.no_grad():
            field, scale = self.field(real, fake)
            target = fake / scale + field
        return (fake / scale - target).square().mean()

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        return self.nets["G"](params["G"], rng.normal(n, self.latent))  # type: ignore[no-any-return]
