"""Which closed form belongs to a method: a game with its stabilizers -> numbers; none where none is known.

A rule is known for exactly the stabilizers that its table names; any further one, and there is no prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

import torch

from bench.data.base import GaussianMixture
from bench.diffusion.base import Diffusion
from bench.diffusion.paths import Level
from bench.diffusion.samplers import first_order, heun
from bench.models.bilinear import Bilinear, singular_values
from bench.models.dirac import Dirac
from bench.models.hopf import Hopf
from bench.stabilizers.competitive import Competitive
from bench.stabilizers.consensus import Consensus
from bench.stabilizers.extragradient import Extragradient
from bench.stabilizers.lookahead import Lookahead
from bench.stabilizers.negative_momentum import NegativeMomentum
from bench.stabilizers.optimistic import Optimistic
from bench.stabilizers.r1 import R1
from bench.stabilizers.r2 import R2
from bench.stabilizers.sga import SGA
from bench.stabilizers.simultaneous import Simultaneous
from bench.theory import bilinear, dirac, gaussian, hopf
from bench.training.game import Game
from bench.training.hooks import Stabilizer, hooks_of

Parts = Sequence[Stabilizer]

BILINEAR: dict[frozenset[type[Stabilizer]], Callable[..., float]] = {
    frozenset(): bilinear.alternating,
    frozenset({Simultaneous}): bilinear.simultaneous,
    frozenset({Extragradient}): bilinear.extragradient,
    frozenset({Optimistic, Simultaneous}): bilinear.optimistic,
    frozenset({Consensus}): lambda eta, s, consensus: bilinear.consensus(eta, s, consensus.weight),
    frozenset({SGA}): lambda eta, s, sga: bilinear.consensus(eta, s, sga.weight),
    frozenset({Competitive}): bilinear.competitive,
    frozenset({NegativeMomentum}): lambda eta, s, negativemomentum: bilinear.momentum_alternating(
        eta, s, negativemomentum.beta
    ),
    frozenset({NegativeMomentum, Simultaneous}): lambda eta, s, negativemomentum: bilinear.momentum_simultaneous(
        eta, s, negativemomentum.beta
    ),
}
"""The spectral radius of a step; options come by the name of their stabilizer."""

PULL = {"non_saturating": 0.5, "saturating": 0.5, "wasserstein": 1.0}
"""|f'(0)| of the losses of the Dirac-GAN."""


def step_radius(game: Game, parts: Parts) -> float | None:
    """The spectral radius per step of gradient descent: of the bilinear game anywhere, of dirac at its equilibrium."""
    if game.optimizer != "sgd":
        return None
    kinds = frozenset(type(part) for part in parts)
    if isinstance(game, Bilinear):
        return _bilinear(game, kinds, parts)
    if isinstance(game, Dirac) and game.loss in PULL and kinds <= {R1, R2, Simultaneous}:
        pull, weight = PULL[game.loss], _weight(parts)
        if Simultaneous in kinds:
            return dirac.simultaneous_radius(dirac.r1_eigenvalues(pull, weight), game.lr)
        return dirac.alternating_radius(pull, weight, game.lr)
    return None


def _bilinear(game: Bilinear, kinds: frozenset[type[Stabilizer]], parts: Parts) -> float | None:
    values = singular_values(torch.Size(game.shape).numel(), game.scale, game.condition)
    found: Callable[..., float] | None = BILINEAR.get(kinds)
    options: dict[str, Any] = {type(p).__name__.lower(): p for p in parts if isinstance(p, _WITH_OPTIONS)}
    if Lookahead in kinds and kinds <= {Lookahead, Simultaneous}:
        ahead = next(part for part in parts if isinstance(part, Lookahead))
        turns = Simultaneous not in kinds
        together = [bilinear.lookahead(game.lr, s, ahead.every, ahead.rate, turns=turns) for s in values]
        return float(max(together) ** (1 / ahead.every))
    return None if found is None else max(found(game.lr, s, **options) for s in values)


_WITH_OPTIONS = (Consensus, SGA, NegativeMomentum)


def _weight(parts: Parts) -> float:
    """γ of R1 and R2 together: at dirac's equilibrium they are one."""
    return sum(part.weight for part in parts if isinstance(part, R1 | R2))


def spectrum(game: Game, parts: Parts) -> dict[str, float]:
    """Extremes of the eigenvalues of the field, and the critical learning rate, where rules and optimizers play no part."""
    felt = [
        part for part in parts if set(hooks_of(type(part))) & {"data", "nets", "params_in_loss", "loss_inputs", "loss"}
    ]
    if isinstance(game, Bilinear) and not felt:
        return {"spectrum_max_im": game.scale, "spectrum_critical_lr": 0.0}
    lazy = any(part.every > 1 for part in felt if isinstance(part, R1 | R2))
    if not isinstance(game, Dirac) or game.loss not in PULL or lazy or not all(isinstance(p, R1 | R2) for p in felt):
        return {}
    values = dirac.r1_eigenvalues(PULL[game.loss], _weight(felt))
    return {
        "spectrum_min_re": min(v.real for v in values),
        "spectrum_max_im": max(abs(v.imag) for v in values),
        "spectrum_critical_lr": dirac.critical_rate(values),
    }


def cycle(game: Game, parts: Parts) -> dict[str, float]:
    """Radius and period of the Hopf game's cycle under simultaneous gradient descent."""
    if not isinstance(game, Hopf) or game.optimizer != "sgd" or [type(part) for part in parts] != [Simultaneous]:
        return {}
    radius = hopf.discrete_radius(game.mu, game.omega, game.lr)
    if not radius:
        return {"cycle_radius": 0.0}
    if not hopf.is_attracting(game.mu, game.omega, game.lr):
        return {}
    return {"cycle_radius": radius, "cycle_period": hopf.discrete_period(game.omega, game.lr)}


def variances(game: Game) -> list[float]:
    """The eigenvalues of the data's covariance where its law is one Gaussian; none elsewhere."""
    law = None if game.data is None else game.data.law
    if not isinstance(law, GaussianMixture) or len(law.means) > 1:
        return []
    found: list[float] = torch.linalg.eigvalsh(law.covariances[0].double()).tolist()
    return found


def error_floor(game: Diffusion, level: Level) -> float | None:
    """The least mean squared error of the game's target at a level; None where the law is not one Gaussian."""
    found = variances(game)
    a, b = game.path.aim(level.alpha, level.sigma)
    return gaussian.target_floor(found, level.alpha, level.sigma, a, b) if found else None


def sampler_spread(game: Diffusion) -> float | None:
    """The standard deviation (root mean square over coordinates) of samples from a perfect denoiser, over the data's.

    Known on one Gaussian for the deterministic samplers of first order and for Heun's, without clipping or churn.
    """
    found, walk, steps = variances(game), game.walker.walk, game.steps()
    if not found or game.bounds is not None or game.guidance or any(step.kick for step in steps):
        return None
    grid = [(step.start.alpha, step.start.sigma) for step in steps] + [(steps[-1].end.alpha, steps[-1].end.sigma)]
    method, options = getattr(walk, "func", walk), getattr(walk, "keywords", {})
    if method is first_order and options == {"eta": 0.0}:
        ends = [gaussian.first_order_std(grid, game.prior, variance) for variance in found]
    elif method is heun:
        ends = [gaussian.heun_std(grid, game.prior, variance, **options) for variance in found]
    else:
        return None
    return sqrt(sum(end**2 for end in ends) / sum(found))
