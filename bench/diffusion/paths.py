"""Paths from data to noise: x_t = α(t) x0 + σ(t) noise, and what a denoiser is asked for on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from bench.diffusion.targets import Target
from bench.training.loss_inputs import expand_like


class Level(NamedTuple):
    """A noise level on a sampler's grid, in floats."""

    t: float  # what the path and the network call it
    alpha: float
    sigma: float


@dataclass(frozen=True)
class GaussianPath:
    """x_t = α x0 + σ noise with the target a x0 + b noise; implements the NoisePath of training/loss_inputs.py.

    From x_t and a guess g of the target follow both ends, with Δ = αb - σa:
    x0 = (b x_t - σ g)/Δ and noise = (α g - a x_t)/Δ.
    """

    levels: Callable[[Tensor], tuple[Tensor, Tensor]]  # t [B] -> (α [B], σ [B])
    aim: Target

    def mix(self, x0: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """x_t [B, *D]."""
        alpha, sigma = self.levels(t)
        return expand_like(alpha, x0) * x0 + expand_like(sigma, x0) * noise

    def target(self, x0: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """a x0 + b noise [B, *D]."""
        a, b = self.aim(*self.levels(t))
        return expand_like(a, x0) * x0 + expand_like(b, x0) * noise

    def snr(self, t: Tensor) -> Tensor:
        """Signal-to-noise ratio α²/σ² [B]."""
        alpha, sigma = self.levels(t)
        return (alpha / sigma).square()

    def gain(self, t: Tensor) -> Tensor:
        """(d x0 / d target)² = (σ/Δ)² [B]."""
        alpha, sigma = self.levels(t)
        a, b = self.aim(alpha, sigma)
        ratio: Tensor = sigma / (alpha * b - sigma * a)
        return ratio.square()

    def split(self, guess: Tensor, x_t: Tensor, level: Level) -> tuple[Tensor, Tensor]:
        """The clean sample and the noise [B, *D] that a guess of the target implies, all at one level (σ > 0)."""
        a, b = self.aim(level.alpha, level.sigma)
        delta = level.alpha * b - level.sigma * a
        return (b * x_t - level.sigma * guess) / delta, (level.alpha * guess - a * x_t) / delta
