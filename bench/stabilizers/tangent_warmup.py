"""Tangent warm-up: the part of a tangent that holds the network's own derivative comes in slowly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench.plugins.ranges import Count
from bench.training.flow_map_inputs import TangentInputs
from bench.training.hooks import Stabilizer, StepContext


@dataclass(frozen=True)
class TangentWarmup(Stabilizer):
    """pull + r · bend in place of pull + bend, with r = min(1, k/steps) at step k = 0, 1, …

    At r = 0 the loss is that of a diffusion model (`scm`) or of flow matching (`meanflow`), up to its weight.
    Source: Lu & Song 2025 (sCM), algorithm 1 (10 000 steps).
    """

    steps: Count = 10_000

    inputs_type: ClassVar[type] = TangentInputs

    def loss_inputs(self, inputs: TangentInputs, at: StepContext) -> TangentInputs:
        return replace(inputs, ramp=inputs.ramp * (at.step / self.steps).clamp(max=1))
