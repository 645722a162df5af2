"""Learning-rate schedules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from bench.plugins.ranges import Count, Share, Whole
from bench.training.hooks import Stabilizer

Shape = Callable[[Tensor, int, int], Tensor]  # steps made after warm-up, steps of decay, steps of warm-up -> factor


def constant(t: Tensor, steps: int, warmup: int) -> Tensor:
    """1."""
    return torch.ones_like(t)


def linear(t: Tensor, steps: int, warmup: int) -> Tensor:
    """1 - t/steps, and 0 from then on."""
    return 1 - (t / steps).clamp(max=1)


def cosine(t: Tensor, steps: int, warmup: int) -> Tensor:
    """½ (1 + cos(π t/steps)), and 0 from then on. Source: Loshchilov & Hutter 2017, eq. 5."""
    return 0.5 * (1 + (torch.pi * (t / steps).clamp(max=1)).cos())


def inverse_sqrt(t: Tensor, steps: int, warmup: int) -> Tensor:
    """√(w/(w + t)) with w = max(1, warmup). Source: Vaswani et al. 2017, eq. 3, up to its constant."""
    w = max(1, warmup)
    return (w / (w + t)).sqrt()


SHAPES: dict[str, Shape] = {f.__name__: f for f in (constant, linear, cosine, inverse_sqrt)}


@dataclass(frozen=True)
class Schedule(Stabilizer):
    """δ ← δ · (floor + (1 - floor) · shape(t)) after a linear warm-up, by the count of training steps.

    All moves of step k of the first `warmup` are multiplied by k/warmup; then t = 0, 1, … and `steps` steps of decay down to
    `floor`. A player that moves several times a step (`n_critic`, `extragradient`) decays no sooner than the others.
    Source: Loshchilov & Hutter 2017 (cosine); Goyal et al. 2017, section 2.2 (warm-up).
    """

    shape: str = field(default="cosine", metadata={"words": lambda: sorted(SHAPES)})
    steps: Count = 20_000  # from the end of the warm-up until `floor`
    warmup: Whole = 0  # steps
    floor: Share = 0.0  # the least factor

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise ValueError(f"shape={self.shape} is none of {', '.join(sorted(SHAPES))}")
        if self.steps < 1 or self.warmup < 0:
            raise ValueError(f"steps={self.steps} must be at least 1 and warmup={self.warmup} at least 0")

    def learning_rate(self, step: Tensor, player: str) -> Tensor:
        step = step.double()
        decayed = SHAPES[self.shape]((step - self.warmup).clamp(min=0), self.steps, self.warmup)
        rising = ((step + 1) / max(1, self.warmup)).clamp(max=1)
        return rising * (self.floor + (1 - self.floor) * decayed)
