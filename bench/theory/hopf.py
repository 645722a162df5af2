"""The Hopf game: its limit cycle, in continuous time and under gradient descent with a learning rate η.

With z = x + iy the flow is ż = (μ + iω - |z|²) z, and one simultaneous step is z ← z (1 + η(μ + iω - |z|²)): both are
functions of |z| times a rotation, so the cycle is a circle and its radius the root of one equation.
"""

from __future__ import annotations

from math import asin, pi, sqrt


def cycle_radius(mu: float) -> float:
    """√μ for μ > 0, and 0 (the origin is stable) below. Source: Kuznetsov 2004, section 3.4."""
    return sqrt(mu) if mu > 0 else 0.0


def cycle_period(omega: float) -> float:
    """2π/ω, in units of time (steps times η). Source: Kuznetsov 2004, section 3.4."""
    return 2 * pi / omega


def eigenvalues(mu: float, omega: float) -> tuple[complex, complex]:
    """-μ ± iω: of the Jacobian of the descended field at the origin."""
    return complex(-mu, omega), complex(-mu, -omega)


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
