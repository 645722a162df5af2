"""The bilinear game xᵀAy under every update rule, one singular value s of A at a time.

Each function gives the spectral radius of one whole step: the factor by which the distance from the equilibrium
shrinks or grows per step, in the long run. η is the learning rate of gradient descent without momentum. With the
eigenvalues ±i s of the game, a rule is a polynomial in them.
"""

from __future__ import annotations

from math import hypot

import numpy as np


def largest_root(*coefficients: complex) -> float:
    """The largest modulus of the roots of a polynomial, given from the highest power down."""
    return float(np.abs(np.roots(coefficients)).max())


def simultaneous(eta: float, s: float) -> float:
    """|1 - iηs| = √(1 + η²s²): it grows, and every single step by exactly this factor.

    Source: Gidel et al. 2019 (negative momentum), section 5.
    """
    return hypot(1, eta * s)


def alternating(eta: float, s: float) -> float:
    """λ² - (2 - η²s²) λ + 1 = 0: 1 while ηs ≤ 2 (bounded), larger beyond.

    Source: Gidel et al. 2019 (negative momentum), section 5, with β = 0.
    """
    return largest_root(1, -(2 - (eta * s) ** 2), 1)


def extragradient(eta: float, s: float) -> float:
    """|1 - iηs(1 - iηs)| = √((1 - η²s²)² + η²s²): shrinks for 0 < ηs < 1, and every single step by exactly this factor.

    Source: Korpelevich 1976; Gidel et al. 2019 (variational inequalities).
    """
    return hypot(1 - (eta * s) ** 2, eta * s)


def optimistic(eta: float, s: float) -> float:
    """λ² - (1 - 2iηs) λ - iηs = 0: shrinks for 0 < ηs < 1/√3.

    Source: Daskalakis et al. 2018, its update on the bilinear game.
    """
    return largest_root(1, -(1 - 2j * eta * s), -1j * eta * s)


def consensus(eta: float, s: float, weight: float) -> float:
    """|1 - η(γs² + is)|, γ the weight: it also is that of symplectic gradient adjustment with λ = γ > 0.

    Shrinks for η < 2γ/(1 + γ²s²). Source: Mescheder et al. 2017, section 4; Balduzzi et al. 2018.
    """
    return hypot(1 - eta * weight * s**2, eta * s)


def competitive(eta: float, s: float) -> float:
    """|1/(1 + iηs)| = 1/√(1 + η²s²), the proximal point: shrinks at every learning rate, and every single step by this.

    Source: Schäfer & Anandkumar 2019, section 2.
    """
    return 1 / hypot(1, eta * s)


def momentum_simultaneous(eta: float, s: float, beta: float) -> float:
    """λ² - (1 + β - iηs) λ + β = 0: never below 1, whatever the sign of β.

    Source: Gidel et al. 2019 (negative momentum), section 5 (simultaneous updates).
    """
    return largest_root(1, -(1 + beta - 1j * eta * s), beta)


def momentum_alternating(eta: float, s: float, beta: float) -> float:
    """(λ - 1)²(λ - β)² + η²s² λ³ = 0: shrinks for β = -½ and small ηs.

    Source: Gidel et al. 2019 (negative momentum), section 5 (alternating updates).
    """
    square = np.polymul([1, -1], [1, -beta])
    return largest_root(*np.polyadd(np.polymul(square, square), [(eta * s) ** 2, 0, 0, 0]))


def lookahead(eta: float, s: float, every: int, rate: float, *, turns: bool = True) -> float:
    """max |1 - α + α λᵏ| over the eigenvalues λ of a plain step, α the rate, k = `every`: of k steps together.

    λ are the roots of λ² - (2 - η²s²)λ + 1 where players move in turn, and 1 ± iηs where they move at once.
    Source: Chavdarova et al. 2021, on bilinear games.
    """
    steps = np.roots([1, -(2 - (eta * s) ** 2), 1]) if turns else np.array([1 + 1j * eta * s, 1 - 1j * eta * s])
    return float(np.abs(1 - rate + rate * steps**every).max())
