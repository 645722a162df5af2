"""Which closed form belongs to a method: a game with its stabilizers -> numbers; none where none is known.

A rule is known for exactly the stabilizers that its table names; any further one, and there is no prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import hypot, sqrt
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
from bench.stabilizers.instance_noise import InstanceNoise
from bench.stabilizers.lookahead import Lookahead
from bench.stabilizers.negative_momentum import NegativeMomentum
from bench.stabilizers.optimistic import Optimistic
from bench.stabilizers.r1 import R1
from bench.stabilizers.r2 import R2
from bench.stabilizers.sga import SGA
from bench.stabilizers.simultaneous import Simultaneous
from bench.stabilizers.unrolled import Unrolled
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


def step_radius(game: Game, parts: Parts, steps: int = 1) -> float | None:
    """The spectral radius per step of gradient descent, over `steps` steps together, where training ends.

    Of the bilinear game anywhere, of dirac at its equilibrium where that attracts, of hopf at rest or on its cycle.
    """
    if game.optimizer != "sgd" or any(part.lazy or getattr(part, "paced", False) for part in parts):
        return None
    kinds = frozenset(type(part) for part in parts)
    if isinstance(game, Bilinear):
        return _bilinear(game, kinds, parts, steps)
    if isinstance(game, Hopf):
        return _hopf(game, kinds, steps)
    matrix = _dirac(game, [part for part in parts if not isinstance(part, Simultaneous)])
    if matrix is None:
        return None
    at_once = Simultaneous in kinds
    found = (
        dirac.simultaneous_radius(dirac.eigenvalues(matrix), game.lr)
        if at_once
        else dirac.turns_radius(matrix, game.lr)
    )
    return found if found < 1 or _straight(game) else None


def _hopf(game: Hopf, kinds: frozenset[type[Stabilizer]], steps: int) -> float | None:
    if kinds == {Simultaneous}:
        r = _rests_at(game)
        return None if r is None else hopf.step_radius(game.mu, game.omega, game.lr, r, steps)
    at_rest = hopf.turns_radius(game.mu, game.omega, game.lr)
    return at_rest if not kinds and at_rest < 1 else None


def _rests_at(game: Hopf) -> float | None:
    """The radius on which simultaneous gradient descent of hopf ends; None where it ends nowhere in particular."""
    if game.optimizer != "sgd" or game.lr * abs(game.omega) > 1:
        return None
    r = hopf.discrete_radius(game.mu, game.omega, game.lr)
    attracts = hopf.is_attracting if r else _origin_attracts
    return r if attracts(game.mu, game.omega, game.lr) else None


def _origin_attracts(mu: float, omega: float, eta: float) -> bool:
    return hopf.step_radius(mu, omega, eta, 0.0) < 1


def _dirac(game: Game, felt: Parts) -> dirac.Matrix | None:
    """The Jacobian of dirac's field at its equilibrium, on data that are a point at 0; None where training never gets there:
    nothing damps its rotation, and elsewhere the field turns otherwise."""
    known = isinstance(game, Dirac) and game.loss in dirac.LOSSES and game.data is not None and not game.data.x.any()
    if not known or not all(isinstance(part, R1 | R2 | InstanceNoise | Unrolled) for part in felt):
        return None
    noises = [part for part in felt if isinstance(part, InstanceNoise)]
    looks = [(part.steps, part.lr) for part in felt if isinstance(part, Unrolled)]
    if any(noise.until for noise in noises) or len(looks) > 1:  # weaker noise at every step; one critic for G at a time
        return None
    sigma = hypot(*(noise.std for noise in noises))
    assert isinstance(game, Dirac)
    matrix = dirac.jacobian(dirac.LOSSES[game.loss], _weight(felt), sigma, *looks)
    attracts = min(value.real for value in dirac.eigenvalues(matrix)) > 0
    return matrix if attracts or _straight(game) else None


def _dirac_radius(game: Game, parts: Parts, matrix: dirac.Matrix) -> float:
    """Of gradient descent by both players at once or in turn."""
    if any(isinstance(part, Simultaneous) for part in parts):
        return dirac.simultaneous_radius(dirac.eigenvalues(matrix), game.lr)
    return dirac.turns_radius(matrix, game.lr)


def _flees(game: Game, parts: Parts, matrix: dirac.Matrix) -> bool:
    """Whether plain gradient descent leaves the equilibrium at this learning rate, for places with another Jacobian."""
    kinds = {type(part) for part in parts}
    plain = game.optimizer == "sgd" and kinds <= {R1, R2, InstanceNoise, Unrolled, Simultaneous}
    return plain and not _straight(game) and _dirac_radius(game, parts, matrix) >= 1


def _straight(game: Game) -> bool:
    """Whether dirac's field has one Jacobian everywhere."""
    return isinstance(game, Dirac) and game.loss == "wasserstein"


def _bilinear(game: Bilinear, kinds: frozenset[type[Stabilizer]], parts: Parts, steps: int) -> float | None:
    if len(parts) != len(kinds) or any(isinstance(part, Competitive) and part.eta for part in parts):
        return None  # one word twice; another step than the players' own is foreseen
    values = singular_values(torch.Size(game.shape).numel(), game.scale, game.condition)
    found: Callable[..., float] | None = BILINEAR.get(kinds)
    options: dict[str, Any] = {type(p).__name__.lower(): p for p in parts if isinstance(p, _WITH_OPTIONS)}
    if Lookahead in kinds and kinds <= {Lookahead, Simultaneous}:
        ahead = next(part for part in parts if isinstance(part, Lookahead))
        turns = Simultaneous not in kinds
        if steps % ahead.every:
            return None
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
    if isinstance(game, Hopf) and not felt:
        if not game.omega:  # no rotation: every point of the circle is at rest
            return {}
        values = _hopf_eigenvalues(game, parts)
    else:
        matrix = _dirac(game, felt)
        values = () if matrix is None or _flees(game, parts, matrix) else dirac.eigenvalues(matrix)
    if not values:
        return {}
    return {
        "spectrum_min_re": min(v.real for v in values),
        "spectrum_max_im": max(abs(v.imag) for v in values),
        "spectrum_critical_lr": dirac.critical_rate(values),
    }


def _hopf_eigenvalues(game: Hopf, parts: Parts) -> Sequence[complex]:
    """Where training ends: at rest or on the cycle of players that move at once, at rest in turn; none elsewhere."""
    kinds = [type(part) for part in parts]
    r = _rests_at(game) if kinds == [Simultaneous] else 0.0 if _hopf(game, frozenset(kinds), 1) else None
    return () if r is None else hopf.circle_eigenvalues(game.mu, game.omega, r)


def cycle(game: Game, parts: Parts) -> dict[str, float]:
    """Radius and period of the Hopf game's cycle under simultaneous gradient descent."""
    if not isinstance(game, Hopf) or [type(part) for part in parts] != [Simultaneous]:
        return {}
    radius = _rests_at(game)
    if radius is None:
        return {}
    turning = {"cycle_period": hopf.discrete_period(abs(game.omega), game.lr)} if radius and game.omega else {}
    return {"cycle_radius": radius, **turning}


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


def as_written(parts: Parts) -> bool:
    """Whether a denoiser is asked what its model says, on pairs of data and noise that meet by chance: only weights of
    levels, rules, optimizers and averages are altered."""
    asked = (set(hooks_of(type(p))) & {"data", "nets", "params_in_loss", "loss"} for p in parts)
    paired = ("loss_inputs" in hooks_of(type(p)) and "weight" not in p.replaces for p in parts)
    return not any(asked) and not any(paired)


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
