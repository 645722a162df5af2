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

from bench.training.loss_inputs import AdversarialInputs


class Pair(NamedTuple):
    """What each side minimises, as functions of its inputs."""

    critic: Callable[[AdversarialInputs], Tensor]
    generator: Callable[[AdversarialInputs], Tensor]


def softplus(x: Tensor) -> Tensor:
    """log(1 + eˣ), elementwise."""
    return -F.logsigmoid(-x)


def _logistic(inputs: AdversarialInputs) -> Tensor:
    return softplus(-inputs.r).mean() + softplus(inputs.f).mean()


saturating = Pair(_logistic, lambda inputs: -softplus(inputs.f).mean())
"""D: sp(-r) + sp(f); G: -sp(f). Source: Goodfellow et al. 2014, eq. 1."""

non_saturating = Pair(_logistic, lambda inputs: softplus(-inputs.f).mean())
"""D: sp(-r) + sp(f); G: sp(-f). Source: Goodfellow et al. 2014, section 3."""

least_squares = Pair(
    lambda inputs: 0.5 * ((inputs.r - 1).square().mean() + inputs.f.square().mean()),
    lambda inputs: 0.5 * (inputs.f - 1).square().mean(),
)
"""D: ½(r-1)² + ½f²; G: ½(f-1)². Source: Mao et al. 2017, eq. 9."""

wasserstein = Pair(lambda inputs: inputs.f.mean() - inputs.r.mean(), lambda inputs: -inputs.f.mean())
"""D: f - r; G: -f. Source: Arjovsky et al. 2017, algorithm 1."""

hinge = Pair(
    lambda inputs: (1 - inputs.r).relu().mean() + (1 + inputs.f).relu().mean(),
    lambda inputs: -inputs.f.mean(),
)
"""D: relu(1-r) + relu(1+f); G: -f. Source: Lim & Ye 2017; Miyato et al. 2018, eqs. 16 and 17."""


relativistic = Pair(
    lambda inputs: softplus(inputs.f - inputs.r).mean(),
    lambda inputs: softplus(inputs.r - inputs.f).mean(),
)
"""D: sp(-(r-f)); G: sp(-(f-r)), each real sample against one fake.

Source: Jolicoeur-Martineau 2018 (RSGAN); Huang et al. 2024 (R3GAN).
"""


def _gaps(inputs: AdversarialInputs) -> tuple[Tensor, Tensor]:
    """r - mean f and f - mean r, both [B]."""
    return inputs.r - inputs.f.mean(), inputs.f - inputs.r.mean()


def _average(toward: Callable[[Tensor], Tensor]) -> Pair:
    """D: t(r - mean f) + t(-(f - mean r)); G the same with real and fake exchanged."""

    def critic(inputs: AdversarialInputs) -> Tensor:
        real, fake = _gaps(inputs)
        return toward(real).mean() + toward(-fake).mean()

    def generator(inputs: AdversarialInputs) -> Tensor:
        real, fake = _gaps(inputs)
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
        lambda inputs: conjugate(inputs.f).mean() - output(inputs.r).mean(),
        lambda inputs: -conjugate(inputs.f).mean(),
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
