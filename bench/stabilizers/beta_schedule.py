"""β annealing: the weight of a VAE's KL divergence grows from 0, once or in cycles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench.plugins.ranges import Count, Whole
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import VAEInputs


@dataclass(frozen=True)
class BetaSchedule(Stabilizer):
    """β · min(1, (k + 1)/until) at step k, with the model's own β.

    cycle > 0 starts again every so many steps; `until` is then counted within a cycle.
    Source: Bowman et al. 2016, section 3.1; Fu et al. 2019 (cyclical, until = half a cycle).
    """

    until: Count = 5_000
    cycle: Whole = 0

    inputs_type: ClassVar[type] = VAEInputs

    def __post_init__(self) -> None:
        if self.until < 1:
            raise ValueError(f"until={self.until}: it takes at least one step to reach the whole weight")

    def loss_inputs(self, inputs: VAEInputs, at: StepContext) -> VAEInputs:
        step = at.step % self.cycle if self.cycle else at.step
        return replace(inputs, beta=inputs.beta * ((step + 1) / self.until).clamp(max=1))
