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

    Source: Gidel et al. 2019 (negative momentum), proposition 1.
    """
    return hypot(1, eta * s)


def alternating(eta: float, s: float) -> float:
    """λ² - (2 - η²s²) λ + 1 = 0: 1 while ηs ≤ 2 (bounded), larger beyond.

    Source: Gidel et al. 2019 (negative momentum), proposition 3 (without momentum).
    """
    return largest_root(1, -(2 - (eta * s) ** 2), 1)


def extragradient(eta: float, s: float) -> float:
    """|1 - iηs(1 - iηs)| = √((1 - η²s²)² + η²s²): shrinks for 0 < ηs < 1, and every single step by exactly this factor.

    Source: Gidel et al. 2019 (variational inequalities), section 3 and appendix B.
    """
    return hypot(1 - (eta * s) ** 2, eta * s)


def optimistic(eta: float, s: float) -> float:
    """λ² - (1 - 2iηs) λ - iηs = 0: shrinks for 0 < ηs < 1/√3.

    Source: Daskalakis et al. 2018, section 2; the characteristic polynomial as in Gidel et al. 2019, appendix B.
    """
    return largest_root(1, -(1 - 2j * eta * s), -1j * eta * s)
