"""The linear-Gaussian GAN in expectation: its field and spectrum with the Wasserstein loss, and the best critic."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import NamedTuple

import torch
from torch import Tensor


class Critic(NamedTuple):
    """D(x) = xᵀMx + w·x + c."""

    matrix: Tensor  # [d, d]
    slope: Tensor  # [d]
    constant: Tensor  # []


class Generator(NamedTuple):
    """g(z) = Wz + b."""

    matrix: Tensor  # [d, latent]
    shift: Tensor  # [d]


def wasserstein_field(g: Generator, critic: Critic, mean: Tensor, covariance: Tensor) -> tuple[Generator, Critic]:
    """What both players descend, in expectation over N(mean, covariance) and z.

    v_W = -(M + Mᵀ)W, v_b = -(M + Mᵀ)b - w, v_M = WWᵀ + bbᵀ - Σ - μμᵀ, v_w = b - μ, v_c = 0.
    Source: Nagarajan & Kolter 2017 (the linear-quadratic WGAN), for any dimension.
    """
    both = critic.matrix + critic.matrix.T
    second = g.matrix @ g.matrix.T + torch.outer(g.shift, g.shift) - covariance - torch.outer(mean, mean)
    return (
        Generator(-both @ g.matrix, -both @ g.shift - critic.slope),
        Critic(second, g.shift - mean, torch.zeros_like(critic.constant)),
    )


def wasserstein_eigenvalues(std: float) -> Sequence[complex]:
    """±2iσ (W with M) and ±i (b with w), and 0 (c), at the equilibrium W = σ, b = 0 of data N(0, σ²) in one dimension.

    Pure rotation, twice as fast in the spread as in the mean where σ = 1. It is the derivative of `wasserstein_field`.
    """
    return (2j * std, -2j * std, 1j, -1j, 0j)


def best_critic(mean: Tensor, covariance: Tensor, g: Generator) -> Critic:
    """log p_real/p_fake between N(mean, covariance) and N(b, WWᵀ), the logistic loss's best critic.

    M = ½(S⁻¹ - Σ⁻¹), w = Σ⁻¹μ - S⁻¹b, c = ½(bᵀS⁻¹b - μᵀΣ⁻¹μ + log |S|/|Σ|), S = WWᵀ. Source: Goodfellow et al. 2014,
    proposition 1, with two Gaussian densities put in.
    """
    spread = g.matrix @ g.matrix.T
    real, fake = torch.linalg.inv(covariance), torch.linalg.inv(spread)
    constant = 0.5 * (g.shift @ fake @ g.shift - mean @ real @ mean + torch.logdet(spread) - torch.logdet(covariance))
    return Critic(0.5 * (fake - real), real @ mean - fake @ g.shift, constant)


def equilibrium_loss() -> float:
    """2 log 2: the logistic critic's loss where real and fake are one law. Source: Goodfellow et al. 2014, theorem 1."""
    return 2 * log(2)
