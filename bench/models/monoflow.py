"""MonoFlow: a GAN whose generator follows any increasing function of the critic's logit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

from bench.models.gan import GAN
from bench.plugins.ranges import Signed
from bench.training.gan_losses import non_saturating, softplus
from bench.training.loss_inputs import AdversarialInputs


def logit(f: Tensor) -> Tensor:
    """h(f) = f: the reverse KL divergence."""
    return f


def log_sigmoid(f: Tensor) -> Tensor:
    """h(f) = log σ(f): the non-saturating loss."""
    return -softplus(-f)


def asinh(f: Tensor) -> Tensor:
    """h(f) = asinh f: the same slope on both sides of 0, falling as 1/|f|."""
    return f.asinh()


def saturating(f: Tensor) -> Tensor:
    """h(f) = -log(1 - σ(f)) = log(1 + e^f): the minimax loss, almost flat where the critic rejects."""
    return softplus(f)


RISING: dict[str, Callable[[Tensor], Tensor]] = {f.__name__: f for f in (logit, log_sigmoid, asinh, saturating)}


@dataclass(frozen=True, kw_only=True)
class MonoFlow(GAN):
    """D: the logistic loss; G: -E h(D(x̃) + shift) for an increasing h.

    It is the Wasserstein gradient flow dx = h'(D(x)) ∇D(x) dt of the samples, passed on to the generator: one gradient
    step on E‖g(z) - (g(z) + ε∇h(D(g(z))))‖², the target held fixed, is one of -2ε E h(D(g(z))). More than one step of
    that regression: `+ particle_regression`. `shift` = C > 0 lifts h = saturating out of its flat part.
    Source: Yi et al. 2023 (MonoFlow).
    """

    loss: str = field(default="non_saturating", metadata={"words": lambda: ["non_saturating"]})  # of D; G has h
    rising: str = field(default="logit", metadata={"words": lambda: sorted(RISING)})
    shift: Signed = 0.0

    def __post_init__(self) -> None:
        if self.rising not in RISING:
            raise ValueError(f"rising={self.rising} is none of {', '.join(sorted(RISING))}")

    def value(self, f: Tensor) -> Tensor:
        """h(f + shift) of logits f [B]: what the generator raises."""
        return RISING[self.rising](f + self.shift)

    def objective(self, player: str, inputs: AdversarialInputs) -> Tensor:
        return non_saturating.critic(inputs) if player == "D" else -self.value(inputs.f).mean()
