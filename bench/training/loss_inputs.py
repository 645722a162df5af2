"""Inputs of a loss: everything that was drawn for one loss of one seed; the loss is one line over them.

Their type says which stabilizers fit (`Stabilizer.inputs_type`). What follows from the draws is computed on first use and kept:
replace a field (`dataclasses.replace(inputs, real=...)`) and everything that follows from it is computed anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class AdversarialInputs:
    """A generator against a critic."""

    real: Tensor  # [B, *D]
    fake: Tensor  # [B, *D]
    critic: Callable[[Tensor], Tensor]  # x [B, *D] -> logits [B]
    features: Callable[[Tensor], Tensor]  # x [B, *D] -> the critic's last hidden layer [B, F]
    z: Tensor  # [B, L], what the fakes were made from
    generate: Callable[[Tensor], Tensor]  # z [B, L] -> x [B, *D]

    @cached_property
    def r(self) -> Tensor:
        """D(real), logits [B]."""
        return self.critic(self.real)

    @cached_property
    def f(self) -> Tensor:
        """D(fake), logits [B]."""
        return self.critic(self.fake)


@dataclass(frozen=True)
class AnchoredInputs(AdversarialInputs):
    """An adversarial game whose critic compares samples with further fakes, its anchors.

    Whatever is done to fakes before the critic sees them is done to anchors too (`Stack.loss_inputs`).
    """

    anchors: Tensor  # [n, *D]
    facing: Callable[[Tensor], Callable[[Tensor], Tensor]]  # anchors -> the critic

    def beside(self, anchors: Tensor) -> Self:
        """The same with other anchors."""
        return replace(self, anchors=anchors, critic=self.facing(anchors))


class NoisePath(Protocol):
    """How data is noised, and what a denoiser is asked for. t is [B] in [0, 1]; every result is [B, *D] or [B].

    Which end of t is data is the path's own convention (DDPM, EDM: t = 0; flow matching: t = 1): ask `snr` for how noisy t is.
    """

    def mix(self, x0: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """x_t = α(t) x0 + σ(t) noise."""
        ...

    def target(self, x0: Tensor, noise: Tensor, t: Tensor) -> Tensor: ...

    def snr(self, t: Tensor) -> Tensor:
        """Signal-to-noise ratio α²/σ² [B]."""
        ...

    def gain(self, t: Tensor) -> Tensor:
        """(d x0 / d target)² [B]: turns a squared error of the target into one of x0 (ε: 1/SNR, v: 1/(SNR+1), x0: 1)."""
        ...


@dataclass(frozen=True)
class DenoisingInputs:
    """A denoiser at a noise level."""

    x0: Tensor  # [B, *D]
    noise: Tensor  # [B, *D]
    t: Tensor  # [B], where on the path, in [0, 1]
    path: NoisePath
    network: Callable[[Tensor, Tensor], Tensor]  # (x_t [B, *D], t [B]) -> guess of the target [B, *D]
    weight: Callable[[Tensor], Tensor]  # t [B] -> weight of the target's squared error [B]
    jitter: Tensor | float = 0.0  # [B, *D], added to the noise that is mixed in but not to the one that is asked for

    @cached_property
    def x_t(self) -> Tensor:
        """The noised sample [B, *D]."""
        return self.path.mix(self.x0, self.noise + self.jitter, self.t)

    @cached_property
    def target(self) -> Tensor:
        return self.path.target(self.x0, self.noise, self.t)

    @cached_property
    def guess(self) -> Tensor:
        return self.network(self.x_t, self.t)

    @cached_property
    def error(self) -> Tensor:
        """Mean squared error of each sample, unweighted [B]."""
        return (self.guess - self.target).square().flatten(1).mean(1)


@dataclass(frozen=True)
class VAEInputs:
    """An encoder and a decoder around a latent code."""

    x: Tensor  # [B, *D]
    mean: Tensor  # [B, L], of q(z|x)
    logvar: Tensor  # [B, L]
    noise: Tensor  # [B, L], N(0, 1)
    decode: Callable[[Tensor], Tensor]  # z [B, L] -> the decoder's output [B, *D], what p(x|z) is made from
    likelihood: Callable[[Tensor, Tensor], Tensor]  # x, the decoder's output -> log p(x|z) [B], nats
    beta: float | Tensor = 1.0  # the weight of the KL divergence

    @cached_property
    def z(self) -> Tensor:
        """A draw from q(z|x) [B, L] (Kingma & Welling 2014, eq. 10)."""
        return self.mean + (0.5 * self.logvar).exp() * self.noise

    @cached_property
    def recon(self) -> Tensor:
        return self.decode(self.z)

    @cached_property
    def log_p(self) -> Tensor:
        """log p(x|z) [B], nats."""
        return self.likelihood(self.x, self.recon)

    @cached_property
    def kl(self) -> Tensor:
        """KL(q(z|x) ‖ N(0, I)) of each latent coordinate [B, L], in nats."""
        return 0.5 * (self.mean.square() + self.logvar.exp() - 1 - self.logvar)


@dataclass(frozen=True)
class WeightInputs:
    """A game without data: the players' own numbers."""

    params: dict[str, Tensor]


def expand_like(values: Tensor, like: Tensor) -> Tensor:
    """[B] -> [B, 1, …, 1], to multiply samples [B, *D]."""
    return values.reshape(-1, *[1] * (like.ndim - 1))


def input_gradient(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """∇ₓ D(x) of each sample [B, *D]; differentiable."""
    slopes: Tensor = torch.func.grad(lambda x: critic(x).sum())(x)
    return slopes


def gradient_norm(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """‖∇ₓ D(x)‖₂ of each sample [B]; differentiable, with a zero (sub)gradient where the slope is exactly zero."""
    return safe_norm(input_gradient(critic, x).flatten(1))


def squared_gradient_norm(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """‖∇ₓ D(x)‖₂² of each sample [B]; differentiable everywhere."""
    return input_gradient(critic, x).square().flatten(1).sum(1)


def squared_distance(critic: Callable[[Tensor], Tensor], x: Tensor, target: float) -> Tensor:
    """(‖∇ₓ D(x)‖₂ - target)² of each sample [B]; of target 0 differentiable twice everywhere, at no slope at all too."""
    return (gradient_norm(critic, x) - target).square() if target else squared_gradient_norm(critic, x)


def safe_norm(rows: Tensor) -> Tensor:
    """‖row‖₂ [B] of rows [B, n], exact, with gradient 0 instead of NaN at a zero row."""
    squared = rows.square().sum(1)
    zero = squared == 0
    return torch.where(zero, 0.0, torch.where(zero, 1.0, squared).sqrt())
