"""Contexts and inputs made by hand, so that a hook can be called without an engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from bench.training.hooks import StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.rng import NoiseTape, Rng

W = torch.tensor([3.0, -4.0])  # of length 5


def rng(seed: int = 0, step: int = 0, dtype: torch.dtype = torch.float32) -> Rng:
    return Rng(NoiseTape([seed], torch.device("cpu"), dtype), 0, step, "test", taped=False)


def context(player: str = "D", step: int = 0, **more: Any) -> StepContext:
    """A moment at which the engine is not needed."""
    given = {"engine": None, "memory": (), "rng": rng(step=step)} | more
    return StepContext(player=player, step=torch.tensor(step), **given)


def linear(x: Tensor) -> Tensor:
    """D(x) = 3 x₁ - 4 x₂: slope 5 everywhere."""
    return x @ W


def adversarial_inputs(
    real: Tensor | None = None,
    fake: Tensor | None = None,
    critic: Callable[[Tensor], Tensor] = linear,
    features: Callable[[Tensor], Tensor] | None = None,
    n: int = 8,
) -> AdversarialInputs:
    """Real samples around 1 and fakes around -1, unless they are given; G(z) = z[:2]."""
    source = rng(7)
    real = 1 + source.normal(n, 2) if real is None else real
    z = source.normal(n, 3)
    fake = source.normal(n, 2) - 1 if fake is None else fake
    return AdversarialInputs(
        real, fake, critic, features or (lambda x: torch.cat([x, x.square()], 1)), z, lambda z: z[:, :2]
    )
