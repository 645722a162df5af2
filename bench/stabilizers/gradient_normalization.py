"""Gradient normalization: the critic is divided by its own slope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs, safe_norm


@dataclass(frozen=True)
class GradientNormalization(Stabilizer):
    """D̂(x) = D(x) / (‖∇D(x)‖₂ + |D(x)|), for both players; D̂ lies in [-1, 1].

    Where D is piecewise linear (without critic_octaves), D̂ is 1-Lipschitz.
    Features are those of D. Source: Wu et al. 2021 (GN-GAN).
    """

    inputs_type: ClassVar[type] = AdversarialInputs

    def loss_inputs(self, inputs: AdversarialInputs, at: StepContext) -> AdversarialInputs:
        return replace(inputs, critic=lambda x, **told: normalised(partial(inputs.critic, **told), x))


def normalised(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """D̂(x) [B] from one pass of D and its gradient."""

    def both(x: Tensor) -> tuple[Tensor, Tensor]:
        logits = critic(x)
        return logits.sum(), logits

    slopes, logits = torch.func.grad(both, has_aux=True)(x)
    quotient: Tensor = logits / (safe_norm(slopes.flatten(1)) + logits.abs())
    return quotient
