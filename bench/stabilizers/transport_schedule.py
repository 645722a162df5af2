"""The transport penalty of an adversarial flow fades: first the map is settled, then the law."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench.models.adversarial_flow import Transported
from bench.plugins.ranges import Count, NonNegative
from bench.stabilizers._cosine import between
from bench.training.hooks import Stabilizer, StepContext


@dataclass(frozen=True)
class TransportSchedule(Stabilizer):
    """transport · (1 → share), by half a cosine over so many steps, with the model's own weight.

    Source: Lin et al. 2025 (Adversarial Flow Models), whose code goes from .2 to .005.
    """

    share: NonNegative = 0.025
    steps: Count = 20_000

    inputs_type: ClassVar[type] = Transported
    works_on: ClassVar[str] = "G"
    replaces: ClassVar[frozenset[str]] = frozenset({"weight of transport"})

    def loss_inputs(self, inputs: Transported, at: StepContext) -> Transported:
        return replace(inputs, transport=inputs.transport * between(1.0, self.share, at.step, self.steps))
