"""Instance noise: both real and fake samples are blurred, less and less, before the critic sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench.plugins.ranges import NonNegative, Whole
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs


@dataclass(frozen=True)
class InstanceNoise(Stabilizer):
    """x + σ_k ε and x̃ + σ_k ε' with ε, ε' ~ N(0, I) and σ_k = std · max(0, 1 - k/until) at step k.

    `until` counts steps; 0 never anneals. `std` is in units of points' standard deviation and of
    images' [-1, 1]. The defaults are ours.
    Source: Sønderby et al. 2017 (Amortised MAP inference); Arjovsky & Bottou 2017, section 3.
    """

    std: NonNegative = 0.1
    until: Whole = 10_000

    inputs_type: ClassVar[type] = AdversarialInputs

    def loss_inputs(self, inputs: AdversarialInputs, at: StepContext) -> AdversarialInputs:
        std = self.std * (1 - at.step / self.until).clamp(min=0) if self.until else self.std
        return replace(
            inputs,
            real=inputs.real + std * at.rng.normal(*inputs.real.shape),
            fake=inputs.fake + std * at.rng.normal(*inputs.fake.shape),
        )
