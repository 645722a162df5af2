"""Adversarial losses as pairs: what the critic minimises and what the generator minimises, from the logits alone.

r = D(x) on real and f = D(x̃) on fake samples, both [B]; every loss is a mean over the batch. The word of a loss is the name of
its function here. softplus is written as -logsigmoid(-x): the same number, and its last bit does not depend on where in
memory an element lies.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from bench.training.scenes import Duel


class Pair(NamedTuple):
    """What each side minimises, as functions of the scene."""

    critic: Callable[[Duel], Tensor]
    generator: Callable[[Duel], Tensor]


def softplus(x: Tensor) -> Tensor:
    """log(1 + eˣ), elementwise."""
    return -F.logsigmoid(-x)


def _logistic(duel: Duel) -> Tensor:
    return softplus(-duel.r).mean() + softplus(duel.f).mean()


saturating = Pair(_logistic, lambda duel: -softplus(duel.f).mean())
"""D: sp(-r) + sp(f); G: -sp(f). Source: Goodfellow et al. 2014, eq. 1."""

non_saturating = Pair(_logistic, lambda duel: softplus(-duel.f).mean())
"""D: sp(-r) + sp(f); G: sp(-f). Source: Goodfellow et al. 2014, section 3."""

least_squares = Pair(
    lambda duel: 0.5 * ((duel.r - 1).square().mean() + duel.f.square().mean()),
    lambda duel: 0.5 * (duel.f - 1).square().mean(),
)
"""D: ½(r-1)² + ½f²; G: ½(f-1)². Source: Mao et al. 2017, eq. 9."""

wasserstein = Pair(lambda duel: duel.f.mean() - duel.r.mean(), lambda duel: -duel.f.mean())
"""D: f - r; G: -f. Source: Arjovsky et al. 2017, algorithm 1."""

hinge = Pair(
    lambda duel: (1 - duel.r).relu().mean() + (1 + duel.f).relu().mean(),
    lambda duel: -duel.f.mean(),
)
"""D: relu(1-r) + relu(1+f); G: -f. Source: Lim & Ye 2017; Miyato et al. 2018, eqs. 16 and 17."""


relativistic = Pair(
    lambda duel: softplus(duel.f - duel.r).mean(),
    lambda duel: softplus(duel.r - duel.f).mean(),
)
"""D: sp(-(r-f)); G: sp(-(f-r)), each real sample against one fake.

Source: Jolicoeur-Martineau 2018 (RSGAN); Huang et al. 2024 (R3GAN).
"""


def _gaps(duel: Duel) -> tuple[Tensor, Tensor]:
    """r - mean f and f - mean r, both [B]."""
    return duel.r - duel.f.mean(), duel.f - duel.r.mean()


def _average(toward: Callable[[Tensor], Tensor]) -> Pair:
    """D: t(r - mean f) + t(-(f - mean r)); G the same with real and fake exchanged."""

    def critic(duel: Duel) -> Tensor:
        real, fake = _gaps(duel)
        return toward(real).mean() + toward(-fake).mean()

    def generator(duel: Duel) -> Tensor:
        real, fake = _gaps(duel)
        return toward(-real).mean() + toward(fake).mean()

    return Pair(critic, generator)


relativistic_average = _average(lambda gap: softplus(-gap))
"""t(u) = sp(-u). Source: Jolicoeur-Martineau 2018 (RaSGAN)."""

relativistic_least_squares = _average(lambda gap: (gap - 1).square())
"""t(u) = (u-1)². Source: Jolicoeur-Martineau 2018 (RaLSGAN)."""

relativistic_hinge = _average(lambda gap: (1 - gap).relu())
"""t(u) = relu(1-u). Source: Jolicoeur-Martineau 2018 (RaHingeGAN)."""


def _divergence(output: Callable[[Tensor], Tensor], conjugate: Callable[[Tensor], Tensor]) -> Pair:
    """D: -(E g(r) - E f*(g(f))); G: -E f*(g(f)). `output` is g and `conjugate` is f* ∘ g, as functions of the logit.

    Source: Nowozin et al. 2016 (f-GAN), with its output activations; each g rises, so that real samples score high.
    """
    return Pair(
        lambda duel: conjugate(duel.f).mean() - output(duel.r).mean(),
        lambda duel: -conjugate(duel.f).mean(),
    )


kl = _divergence(lambda v: v, lambda v: (v - 1).exp())
"""KL(data ‖ model): g(v) = v, f*(t) = exp(t-1)."""

reverse_kl = _divergence(lambda v: -(-v).exp(), lambda v: v - 1)
"""KL(model ‖ data): g(v) = -exp(-v), f*(t) = -1 - log(-t)."""

pearson = _divergence(lambda v: v, lambda v: 0.25 * v.square() + v)
"""χ²: g(v) = v, f*(t) = t²/4 + t."""

squared_hellinger = _divergence(lambda v: 1 - (-v).exp(), lambda v: v.exp() - 1)
"""Squared Hellinger: g(v) = 1 - exp(-v), f*(t) = t/(1-t)."""

jensen_shannon = _divergence(lambda v: log(2) - softplus(-v), lambda v: softplus(v) - log(2))
"""Twice Jensen-Shannon: g(v) = log 2 - sp(-v), f*(t) = -log(2 - exp t)."""


def words() -> list[str]:
    """The losses that `gan(loss=…)` knows."""
    return sorted(name for name, thing in globals().items() if isinstance(thing, Pair))


def pair(word: str) -> Pair:
    found: Pair = globals()[word]
    return found
