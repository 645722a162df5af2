"""The Dirac-GAN: vector fields, eigenvalues at the equilibrium, and critical learning rates.

G is a point mass at θ, the data a point mass at 0, D(x) = ψx. The field is what both players *descend*, v = (v_θ, v_ψ),
so an equilibrium is stable where all eigenvalues of v's Jacobian have a positive real part. The paper ascends, so its
eigenvalues have the opposite sign; its critic is large on fakes, so its ψ is the negative of ours.

Of the loss only two numbers matter at the equilibrium: `pull` = f'(0) and `bend` = f''(0) of the paper's f; ½ and -¼ for
the logistic losses, 1 and 0 for Wasserstein's. Source: Mescheder et al. 2018.
"""

from __future__ import annotations

from cmath import sqrt as complex_sqrt
from collections.abc import Callable, Sequence
from math import exp, inf

Field = Callable[[float, float], tuple[float, float]]  # (θ, ψ) -> (v_θ, v_ψ)


def sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


def saturating(theta: float, psi: float) -> tuple[float, float]:
    """v = (-σ(ψθ) ψ, σ(ψθ) θ). Source: section 2, f(t) = -log(1 + e^{-t})."""
    push = sigmoid(psi * theta)
    return -push * psi, push * theta


def non_saturating(theta: float, psi: float) -> tuple[float, float]:
    """v = (-σ(-ψθ) ψ, σ(ψθ) θ). Source: its NSGAN."""
    return -sigmoid(-psi * theta) * psi, sigmoid(psi * theta) * theta


def wasserstein(theta: float, psi: float) -> tuple[float, float]:
    """v = (-ψ, θ): the bilinear game, a circle. Source: section 3, f(t) = t."""
    return -psi, theta


def gradient_penalty(field: Field, weight: float, target: float = 1.0) -> Field:
    """v_ψ gains 2 · weight (|ψ| - target) sign ψ; weight = γ/2 of the paper. Source: section 3 (WGAN-GP)."""

    def penalised(theta: float, psi: float) -> tuple[float, float]:
        v_theta, v_psi = field(theta, psi)
        return v_theta, v_psi + 2 * weight * (abs(psi) - target) * (psi > 0 or -1)

    return penalised


def r1(field: Field, weight: float) -> Field:
    """v_ψ gains γψ, γ the weight (the penalty is γ/2 · ψ²; R2 is the same here). Source: section 3; section 4, eq. 9."""
    return lambda theta, psi: (field(theta, psi)[0], field(theta, psi)[1] + weight * psi)


def plain_eigenvalues(pull: float) -> tuple[complex, complex]:
    """± i f'(0): nothing but rotation. Source: section 2."""
    return 1j * pull, -1j * pull


def r1_eigenvalues(pull: float, weight: float) -> tuple[complex, complex]:
    """γ/2 ± √(γ²/4 - f'(0)²). Source: section 3 (zero-centred gradient penalty)."""
    root = complex_sqrt(weight**2 / 4 - pull**2)
    return weight / 2 + root, weight / 2 - root


def noise_eigenvalues(pull: float, transform: float, sigma: float) -> tuple[complex, complex]:
    """-f''(0) σ² ± √(f''(0)² σ⁴ - f'(0)²): instance noise N(0, σ²) on both real and fake. Source: section 3."""
    damp = -transform * sigma**2
    root = complex_sqrt(damp**2 - pull**2)
    return damp + root, damp - root


def consensus_eigenvalues(pull: float, weight: float) -> tuple[complex, complex]:
    """γ f'(0)² ± i f'(0). It follows from J + γJᵀJ with J = [[0, -p], [p, 0]]."""
    return weight * pull**2 + 1j * pull, weight * pull**2 - 1j * pull


def critical_rate(eigenvalues: Sequence[complex]) -> float:
    """The learning rate below which simultaneous gradient descent converges locally: min 2 Re λ/|λ|².

    |1 - ηλ| < 1 exactly where η < 2 Re λ/|λ|²; at most 0 where some Re λ is. Source: Mescheder et al. 2017, lemma 4.
    """
    return min((2 * e.real / abs(e) ** 2 if e else inf) for e in eigenvalues)


def simultaneous_radius(eigenvalues: Sequence[complex], eta: float) -> float:
    """max |1 - ηλ|: the spectral radius of a step at the equilibrium, players at once. Source: Mescheder et al. 2017, lemma 4."""
    return max(abs(1 - eta * e) for e in eigenvalues)


def alternating_radius(pull: float, weight: float, eta: float) -> float:
    """λ² - (2 - ηγ - η²p²) λ + (1 - ηγ) = 0 for a critic that moves first, p = |f'(0)| and γ the weight of R1.

    One step is ψ⁺ = (1 - ηγ)ψ - ηpθ, θ⁺ = θ + ηpψ⁺; without R1 its determinant is 1 and it neither shrinks nor grows.
    Source: Mescheder et al. 2018, lemma 2.4 (γ = 0); the determinant with γ is ours.
    """
    half = 1 - (eta * weight + (eta * pull) ** 2) / 2
    root = complex_sqrt(half**2 - (1 - eta * weight))
    return max(abs(half + root), abs(half - root))


def critical_weight(pull: float) -> float:
    """γ* = 2 |f'(0)| of R1, from which on the game no longer rotates: where the root of `r1_eigenvalues` is 0."""
    return 2 * abs(pull)


def walk(
    field: Field, theta: float, psi: float, lr: float, steps: int, *, turns: bool = False
) -> list[tuple[float, float]]:
    """The trajectory [(θ, ψ)] of gradient descent, `steps` + 1 points; with `turns` the critic moves first."""
    path = [(theta, psi)]
    for _ in range(steps):
        if turns:
            psi -= lr * field(theta, psi)[1]
            theta -= lr * field(theta, psi)[0]
        else:
            v_theta, v_psi = field(theta, psi)
            theta, psi = theta - lr * v_theta, psi - lr * v_psi
        path.append((theta, psi))
    return path
