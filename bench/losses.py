"""Adversarial losses as pairs: what the critic minimises and what the generator minimises, from the logits alone.

r = D(x) on real and f = D(x̃) on fake samples, both [B]; every loss is a mean over the batch. The word of a loss is the name of
its function here. softplus is written as -logsigmoid(-x): the same number, and its last bit does not depend on where in
memory an element lies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from bench.scenes import Duel


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


def words() -> list[str]:
    """The losses that `gan(loss=…)` knows."""
    return sorted(name for name, thing in globals().items() if isinstance(thing, Pair))


def pair(word: str) -> Pair:
    found: Pair = globals()[word]
    return found
