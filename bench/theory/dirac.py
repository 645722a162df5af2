"""The Dirac-GAN: vector fields, eigenvalues at the equilibrium, and critical learning rates.

G is a point mass at θ, the data a point mass at 0, D(x) = ψx. The field is what both players *descend*, v = (v_θ, v_ψ),
so an equilibrium is stable where all eigenvalues of v's Jacobian have a positive real part. The paper ascends, so its
eigenvalues have the opposite sign; its critic is large on fakes, so its ψ is the negative of ours.

Of the loss only slopes and bends at logits of 0 matter at the equilibrium (`LOSSES`); `pull` = f'(0) and f''(0) = -critic/2 of
the paper's f. Source: Mescheder et al. 2018.
"""

from __future__ import annotations

from cmath import sqrt as complex_sqrt
from collections.abc import Callable, Sequence
from math import exp, inf
from typing import NamedTuple

import numpy as np

Matrix = tuple[tuple[float, float], tuple[float, float]]  # the Jacobian of v, rows θ and ψ
Field = Callable[[float, float], tuple[float, float]]  # (θ, ψ) -> (v_θ, v_ψ)


class Slopes(NamedTuple):
    """A loss at logits r = f = 0, where D minimises L_D(r, f) and G minimises L_G(r, f)."""

    pull: float  # ∂L_D/∂f = -∂L_G/∂f
    critic: float  # ∂²L_D/∂r² + ∂²L_D/∂f², of independent samples
    generator: float  # ∂²L_G/∂r² + ∂²L_G/∂f²


LOSSES = {
    "saturating": Slopes(0.5, 0.5, -0.25),
    "non_saturating": Slopes(0.5, 0.5, 0.25),
    "wasserstein": Slopes(1.0, 0.0, 0.0),
    "hinge": Slopes(1.0, 0.0, 0.0),
    "relativistic": Slopes(0.5, 0.5, 0.5),
    "relativistic_average": Slopes(1.0, 0.5, 0.5),
    "relativistic_least_squares": Slopes(4.0, 4.0, 4.0),
    "relativistic_hinge": Slopes(2.0, 0.0, 0.0),
}
"""By hand, from training/gan_losses.py. A hinge is straight between its kinks, which lie at r = 1 and f = -1 (relativistic: at
gaps of ±1): near the equilibrium it is Wasserstein's, with or without noise. Bends of averages are those of a large batch."""


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


def jacobian(loss: Slopes, weight: float = 0.0, sigma: float = 0.0, unrolled: tuple[int, float] = (0, 0.0)) -> Matrix:
    """((2ℓp²S + bℓ²p²S²,  -q^K (p + bℓpS)), (p, d)) at the equilibrium, with p the pull, γ the weight of R1 and R2 together,

    d = γ + σ² · critic, b = σ² · generator, for instance noise N(0, σ²), and `unrolled` = (K, ℓ) steps and their rate:
    q = 1 - ℓd, S = 1 + q + … + q^(K-1). It follows from ψ_K = q^K ψ - ℓpS θ, the critic that G is shown, and from
    v_θ = E L_G'(ψ_K x̃)(ψ_K + x̃ ∂ψ_K/∂θ). Source: Mescheder et al. 2018, section 3 (R1, noise); Metz et al. 2017 (unrolling;
    the derivation is ours).
    """
    count, rate = unrolled
    p, damp, bend = loss.pull, weight + sigma**2 * loss.critic, sigma**2 * loss.generator
    keeps = 1 - rate * damp
    told = rate * p * sum(keeps**k for k in range(count))  # -∂ψ_K/∂θ
    return (2 * p * told + bend * told**2, -(keeps**count) * (p + bend * told)), (p, damp)


def eigenvalues(matrix: Matrix) -> tuple[complex, complex]:
    """Of a real 2 × 2 matrix: h ± √(h² - det), h half its trace."""
    (a, b), (c, d) = matrix
    half = (a + d) / 2
    root = complex_sqrt(((a - d) / 2) ** 2 + b * c)
    return half + root, half - root


def turns_radius(matrix: Matrix, eta: float) -> float:
    """max |λ| of a step in which the critic moves first: ψ⁺ = ψ - η(cθ + dψ), θ⁺ = θ - η(aθ + bψ⁺); J = ((a, b), (c, d)).

    It is the product of the two moves' matrices. Source: Mescheder et al. 2018, lemma 2.4 (a = d = 0).
    """
    (a, b), (c, d) = matrix
    critic = np.array([[1.0, 0.0], [-eta * c, 1 - eta * d]])
    generator = np.array([[1 - eta * a, -eta * b], [0.0, 1.0]])
    return float(np.abs(np.linalg.eigvals(generator @ critic)).max())


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
