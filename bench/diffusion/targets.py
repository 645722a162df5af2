"""What a denoiser is asked for: a blend a·x0 + b·noise, whose coefficients follow from α and σ of the noise level.

A target is a function here, (α, σ) -> (a, b). It is written for numbers and tensors alike: training calls it on α [B],
sampling on the floats of a grid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Coefficient = Any  # float, or Tensor [B]
Target = Callable[[Coefficient, Coefficient], tuple[Coefficient, Coefficient]]


def eps(alpha: Coefficient, sigma: Coefficient) -> tuple[Coefficient, Coefficient]:
    """The noise. Source: Ho et al. 2020, eq. 14."""
    return 0 * alpha, 0 * alpha + 1


def x0(alpha: Coefficient, sigma: Coefficient) -> tuple[Coefficient, Coefficient]:
    """The clean sample. Source: Salimans & Ho 2022, section 4."""
    return 0 * alpha + 1, 0 * alpha


def v(alpha: Coefficient, sigma: Coefficient) -> tuple[Coefficient, Coefficient]:
    """α·noise - σ·x0. Source: Salimans & Ho 2022, section 4."""
    return -sigma, alpha


def velocity(alpha: Coefficient, sigma: Coefficient) -> tuple[Coefficient, Coefficient]:
    """x0 - noise, the velocity of a straight line from noise to data.

    Source: Lipman et al. 2023, eq. 23; Liu et al. 2023, eq. 1.
    """
    return 0 * alpha + 1, 0 * alpha - 1


def preconditioned(sigma_data: float) -> Target:
    """(x0 - c_skip x_t) / c_out with α = 1: what the network F inside an EDM denoiser learns.

    Source: Karras et al. 2022, eq. 8.
    """

    def aim(alpha: Coefficient, sigma: Coefficient) -> tuple[Coefficient, Coefficient]:
        root = (sigma**2 + sigma_data**2) ** 0.5
        return sigma / (sigma_data * root), -sigma_data / root

    return aim


TARGETS: dict[str, Target] = {"eps": eps, "x0": x0, "v": v}
