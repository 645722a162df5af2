"""Samplers: from noise to data along a grid of noise levels. Written for one seed.

All rest on one identity: where a denoiser sees x = α x0 + σ ε, the deterministic flow is dx = x0 dα + ε dσ. On the path
of EDM (α = 1) that is dx = ε dσ, on a straight path (α = t, σ = 1 - t) it is dx = (x0 - ε) dt, and on a
variance-preserving one it is the probability-flow ODE of Song et al. 2021. Coefficients are floats, so no grid has to be moved
to a device.

A grid ends at σ = 0, where there is nothing left to denoise: EDM's network has no such level, and DDPM's has never seen
it, so the last step is Euler's there. Its error is of second order on EDM's path, but on DDPM's schedules, where σ falls
like √t, it makes any sampler one of first order. A network that is asked for the velocity of a straight path is trained
up to that end, where the velocity is finite (x less the mean of the noise): there Heun's last step is a whole one
(`heun_to_the_end`).

There is no adaptive sampler: one that chooses its steps by their error would need a branch on a tensor, and its number of
evaluations would differ from seed to seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from math import inf, log, sqrt
from typing import NamedTuple

from torch import Tensor

from bench.diffusion.paths import Level
from bench.training.rng import Rng

Look = Callable[[Tensor, Level], tuple[Tensor, Tensor]]  # x_t [n, *D] at a level -> (x0, ε), each [n, *D]


class Step(NamedTuple):
    """From one level down to the next; `kick` is the standard deviation of the noise that is added first."""

    start: Level  # where the denoiser is evaluated, after the kick
    end: Level
    kick: float = 0.0


class Sampler(NamedTuple):
    walk: Callable[[Look, Tensor, Sequence[Step], Rng], Tensor]
    nfe: Callable[[int], int]  # steps -> network evaluations per sample


def staircase(levels: Sequence[Level]) -> list[Step]:
    """Levels from noisy to clean -> the steps between them."""
    return [Step(start, end) for start, end in pairwise(levels)]


def _kicked(x: Tensor, step: Step, rng: Rng) -> Tensor:
    return x + step.kick * rng.normal(*x.shape) if step.kick else x


def first_order(
    look: Look, x: Tensor, steps: Sequence[Step], rng: Rng, *, eta: float = 0.0, beta: bool = False
) -> Tensor:
    """x ← α' x0 + √(σ'² - s²) ε + s·noise, s² = η² (σ'/σ)² β, β = σ² - (α/α')² σ'².

    β is the variance of the forward step from the next level to this one; on a variance-preserving path, whichever steps
    are left out between the two, it is 1 - ᾱ/ᾱ' (Nichol & Dhariwal 2021, eq. 19). η = 0 is DDIM, which is Euler's method;
    η = 1 is the ancestral sampler of Ho et al. 2020, algorithm 2, with the posterior variance s². Source: Song, Meng &
    Ermon 2021, eqs. 12 and 16. `beta` adds noise of variance β in the place of s² and keeps the mean, and adds none in the
    step to σ' = 0: the other choice of Ho et al. 2020, section 3.2, and σ̂ of Song, Meng & Ermon 2021, section 5.
    """
    for step in steps:
        (_, alpha, sigma), (_, to_alpha, to_sigma) = step.start, step.end
        x0, eps = look(_kicked(x, step, rng), step.start)
        forward = sigma**2 - (alpha / to_alpha * to_sigma) ** 2
        variance = eta**2 * (to_sigma / sigma) ** 2 * forward
        x = to_alpha * x0 + sqrt(to_sigma**2 - variance) * eps
        if variance:
            x = x + sqrt(forward if beta else variance) * rng.normal(*x.shape)
    return x


def heun(look: Look, x: Tensor, steps: Sequence[Step], rng: Rng, *, to_the_end: bool = False) -> Tensor:
    """The trapezoidal rule on dx = x0 dα + ε dσ; Euler's in a step to σ = 0, unless `to_the_end`.

    Source: Karras et al. 2022, algorithms 1 and 2.
    """
    for step in steps:
        (_, alpha, sigma), (_, to_alpha, to_sigma) = step.start, step.end
        x = _kicked(x, step, rng)
        x0, eps = look(x, step.start)
        ahead = to_alpha * x0 + to_sigma * eps
        if to_sigma or to_the_end:
            x0_ahead, eps_ahead = look(ahead, step.end)
            ahead = x + (to_alpha - alpha) / 2 * (x0 + x0_ahead) + (to_sigma - sigma) / 2 * (eps + eps_ahead)
        x = ahead
    return x


def dpmpp_2m(look: Look, x: Tensor, steps: Sequence[Step], rng: Rng) -> Tensor:
    """x ← (σ'/σ) x + α' (1 - e^{-h}) D, h = ln(α'σ/(ασ')), D = x0 + h/(2 h_before) (x0 - x0_before).

    The first and the last step are of first order. Source: Lu et al. 2022 (DPM-Solver++), algorithm 2.
    """
    before: Tensor | None = None
    h_before = inf
    for step in steps:
        (_, alpha, sigma), (_, to_alpha, to_sigma) = step.start, step.end
        x = _kicked(x, step, rng)
        x0, _ = look(x, step.start)
        shrink = (alpha * to_sigma) / (to_alpha * sigma)  # e^{-h}
        h = -log(shrink) if shrink else inf
        transform = x0 if before is None or h == inf else x0 + h / (2 * h_before) * (x0 - before)
        x = to_sigma / sigma * x + to_alpha * (1 - shrink) * transform
        before, h_before = x0, h
    return x


def ddim(eta: float) -> Sampler:
    return Sampler(partial(first_order, eta=eta), lambda steps: steps)


ANCESTRAL: dict[str, Sampler] = {  # by the variance of its noise
    "posterior": ddim(1.0),
    "beta": Sampler(partial(first_order, eta=1.0, beta=True), lambda steps: steps),
}
SAMPLERS: dict[str, Sampler] = {
    "euler": ddim(0.0),
    "ancestral": ANCESTRAL["posterior"],
    "heun": Sampler(heun, lambda steps: 2 * steps - 1),
    "heun_to_the_end": Sampler(partial(heun, to_the_end=True), lambda steps: 2 * steps),
    "dpmpp_2m": Sampler(dpmpp_2m, lambda steps: steps),
}
