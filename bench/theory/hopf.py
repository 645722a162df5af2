"""The Hopf game: its limit cycle, in continuous time and under gradient descent with a learning rate η.

With z = x + iy the flow is ż = (μ + iω - |z|²) z, and one simultaneous step is z ← z (1 + η(μ + iω - |z|²)): both are
functions of |z| times a rotation, so the cycle is a circle and its radius the root of one equation.
"""

from __future__ import annotations

from math import asin, pi, sqrt

import numpy as np


def cycle_radius(mu: float) -> float:
    """√μ for μ > 0, and 0 (the origin is stable) below. Source: Kuznetsov 2004, section 3.4."""
    return sqrt(mu) if mu > 0 else 0.0


def cycle_period(omega: float) -> float:
    """2π/ω, in units of time (steps times η). Source: Kuznetsov 2004, section 3.4."""
    return 2 * pi / omega


def eigenvalues(mu: float, omega: float) -> tuple[complex, complex]:
    """-μ ± iω: of the Jacobian of the descended field at the origin."""
    return complex(-mu, omega), complex(-mu, -omega)


def circle_eigenvalues(mu: float, omega: float, r: float) -> tuple[complex, complex]:
    """2r² - μ ± √(r⁴ - ω²): of the descended field's Jacobian anywhere on the circle of radius r; those of the origin at r = 0.

    In radial and tangential coordinates it is ((3r² - μ, ω), (-ω, r² - μ)).
    """
    middle, root = 2 * r**2 - mu, complex(r**4 - omega**2) ** 0.5
    return middle + root, middle - root


def step_radius(mu: float, omega: float, eta: float, r: float, steps: int = 1) -> float:
    """|λ|max^(1/steps) of the Jacobian of `steps` simultaneous steps, from a point of the origin (r = 0) or of the cycle.

    Turned back by the angle α of a step, sin α = ηω, every point of the cycle has the same Jacobian
    A = R(-α)(1 - η((3r² - μ, ω), (-ω, r² - μ))); that of n steps is R(nα) Aⁿ. At the origin it is |1 - ηλ|.
    """
    if not r:
        return max(abs(1 - eta * e) for e in eigenvalues(mu, omega))
    angle = asin(eta * omega)
    frame = np.eye(2) - eta * np.array([[3 * r**2 - mu, omega], [-omega, r**2 - mu]])
    walked = _turn(steps * angle) @ np.linalg.matrix_power(_turn(-angle) @ frame, steps)
    return float(np.abs(np.linalg.eigvals(walked)).max() ** (1 / steps))


def _turn(angle: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def turns_radius(mu: float, omega: float, eta: float) -> float:
    """λ² - (2(1 + ημ) - η²ω²) λ + (1 + ημ)² = 0 at the origin, where y moves before x.

    While its roots are complex the step contracts by 1 + ημ: moving in turn, the origin loses its stability at μ = 0 as in
    continuous time, and not at `discrete_onset`. From the steps y⁺ = (1 + ημ)y + ηωx, x⁺ = (1 + ημ)x - ηωy⁺.
    """
    return float(np.abs(np.roots([1, -(2 * (1 + eta * mu) - (eta * omega) ** 2), (1 + eta * mu) ** 2])).max())


def turns_period(omega: float, eta: float) -> float:
    """π/asin(ηω/2), in steps: how fast the origin is circled in turn at μ = 0, where cos α = 1 - η²ω²/2."""
    return pi / asin(eta * omega / 2)


def discrete_radius(mu: float, omega: float, eta: float) -> float:
    """√(μ + (1 - √(1 - η²ω²))/η), the circle on which |1 + η(μ + iω - r²)| = 1; 0 where that is below 0.

    Steps push outward, so it is larger than √μ and exists for μ down to -(1 - √(1 - η²ω²))/η. Needs ηω ≤ 1.
    """
    squared = mu + (1 - sqrt(1 - (eta * omega) ** 2)) / eta
    return sqrt(squared) if squared > 0 else 0.0


def discrete_period(omega: float, eta: float) -> float:
    """2π/asin(ηω), in steps: on the circle a step turns by the angle whose sine is ηω."""
    return 2 * pi / asin(eta * omega)


def discrete_onset(omega: float, eta: float) -> float:
    """The μ above which the origin repels gradient descent: (√(1 - η²ω²) - 1)/η, from |1 + η(μ + iω)| = 1."""
    return (sqrt(1 - (eta * omega) ** 2) - 1) / eta


def is_attracting(mu: float, omega: float, eta: float) -> bool:
    """Whether the discrete cycle attracts: |1 - 2ηr² √(1 - η²ω²)| < 1, the slope of |z| ↦ |z⁺| there."""
    r = discrete_radius(mu, omega, eta)
    return r > 0 and abs(1 - 2 * eta * r**2 * sqrt(1 - (eta * omega) ** 2)) < 1
