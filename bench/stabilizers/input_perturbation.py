"""Input perturbation: the denoiser sees noise a little different from the one it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench.plugins.ranges import NonNegative
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import DenoisingInputs


@dataclass(frozen=True)
class InputPerturbation(Stabilizer):
    """x_t = α x0 + σ (ε + strength · ξ), ξ ~ N(0, I), with the target of ε: imitates the sampler's own errors.

    Source: Ning et al. 2023, algorithm 1 (strength γ = .1).
    """

    strength: NonNegative = 0.1

    inputs_type: ClassVar[type] = DenoisingInputs

    def loss_inputs(self, inputs: DenoisingInputs, at: StepContext) -> DenoisingInputs:
        return replace(inputs, jitter=inputs.jitter + self.strength * at.rng.normal(*inputs.noise.shape))
