"""What diffusion can reach at best: optimal denoisers, scores, losses and samplers for laws that are known.

x_t = α x0 + σ ε. A Gaussian law N(μ, Σ) stays Gaussian; a mixture's denoiser follows from its score.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from bench.data.base import Law


def score(x_t: Tensor, mean: Tensor, covariance: Tensor, alpha: float, sigma: float) -> Tensor:
    """∇ log p_t = -(α²Σ + σ²I)⁻¹ (x_t - αμ); x_t [B, d]. Source: Song et al. 2021, with p_t = N(αμ, α²Σ + σ²I)."""
    spread = alpha**2 * covariance + sigma**2 * torch.eye(len(mean), dtype=covariance.dtype)
    found: Tensor = -torch.linalg.solve(spread, (x_t - alpha * mean).T).T
    return found


def denoiser(x_t: Tensor, mean: Tensor, covariance: Tensor, alpha: float, sigma: float) -> Tensor:
    """E[x0|x_t] = μ + αΣ(α²Σ + σ²I)⁻¹(x_t - αμ) [B, d]; linear regression, Bishop 2006, eq. 2.116."""
    return mean - alpha * score(x_t, mean, covariance, alpha, sigma) @ covariance


def denoiser_of(law: Law, x_t: Tensor, alpha: float, sigma: float) -> Tensor:
    """E[x0|x_t] = (x_t + σ² ∇log p_t(x_t))/α for any law whose score is known. Source: Efron 2011, eq. 1.4 (Tweedie)."""
    inner = law.score(x_t / alpha, sigma / alpha) / alpha  # ∇ log p_t
    found: Tensor = (x_t + sigma**2 * inner) / alpha
    return found


def denoising_floor(variances: Sequence[float], alpha: float, sigma: float) -> float:
    """The least E‖x̂0 - x0‖²/d: the mean over eigenvalues λ of Σ of λσ²/(α²λ + σ²), the posterior's variance."""
    return sum(v * sigma**2 / (alpha**2 * v + sigma**2) for v in variances) / len(variances)


def target_floor(variances: Sequence[float], alpha: float, sigma: float, a: float, b: float) -> float:
    """The least mean squared error of the target a x0 + b ε: (a - bα/σ)² times the denoising floor.

    Given x_t, the noise is ε = (x_t - αx0)/σ, so the target moves with x0 by the factor a - bα/σ.
    (a, b) = (0, 1): ε; (1, 0): x0; (-σ, α): v; (1, -1): velocity of flow matching.
    """
    return (a - b * alpha / sigma) ** 2 * denoising_floor(variances, alpha, sigma)


def first_order_std(levels: Sequence[tuple[float, float]], start: float, variance: float) -> float:
    """The standard deviation that an Euler (DDIM, η = 0) sampler with a perfect denoiser ends on, data N(0, variance).

    levels: (α, σ) from noise to data; start: the standard deviation of the first x. Each step is linear in x:
    x' = (α'αλ + σ'σ)/(α²λ + σ²) x, since x0 = αλ/(α²λ + σ²) x and ε = σ/(α²λ + σ²) x. The data has √λ: what is missing
    is the sampler's own error. It is Song, Meng & Ermon 2021, eq. 12 with these two put in.
    """
    for (alpha, sigma), (to_alpha, to_sigma) in pairwise(levels):
        start *= (to_alpha * alpha * variance + to_sigma * sigma) / (alpha**2 * variance + sigma**2)
    return start


def heun_std(
    levels: Sequence[tuple[float, float]], start: float, variance: float, *, to_the_end: bool = False
) -> float:
    """As `first_order_std`, for Heun's method; its last step (to σ = 0) is Euler's unless `to_the_end`.

    Source: Karras et al. 2022, algorithm 1.
    """

    def rates(alpha: float, sigma: float) -> tuple[float, float]:
        total = alpha**2 * variance + sigma**2
        return alpha * variance / total, sigma / total

    for (alpha, sigma), (to_alpha, to_sigma) in pairwise(levels):
        x0, eps = rates(alpha, sigma)
        factor = to_alpha * x0 + to_sigma * eps
        if to_sigma or to_the_end:
            x0_ahead, eps_ahead = (factor * rate for rate in rates(to_alpha, to_sigma))
            factor = 1 + (to_alpha - alpha) / 2 * (x0 + x0_ahead) + (to_sigma - sigma) / 2 * (eps + eps_ahead)
        start *= factor
    return start
