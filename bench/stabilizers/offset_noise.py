"""Offset noise: the noise that is mixed in also shifts a whole image's brightness."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench.plugins.ranges import NonNegative
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import DenoisingInputs


@dataclass(frozen=True)
class OffsetNoise(Stabilizer):
    """ε + strength · ε' with one number ε' ~ N(0, 1) per image and channel (for points: one per point).

    The denoiser is asked for the sum. Source: Guttenberg 2023 (Diffusion with offset noise, a blog post of CrossLabs).
    """

    strength: NonNegative = 0.1

    inputs_type: ClassVar[type] = DenoisingInputs

    def loss_inputs(self, inputs: DenoisingInputs, at: StepContext) -> DenoisingInputs:
        n, *shape = inputs.noise.shape
        channels = shape[0] if len(shape) > 1 else 1
        offset = at.rng.normal(n, channels, *[1] * (len(shape) - 1))
        return replace(inputs, noise=inputs.noise + self.strength * offset)
