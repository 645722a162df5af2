"""Tangent normalisation: no sample asks the network for a change of more than a unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import Positive
from bench.training.flow_map_inputs import TangentInputs
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import expand_like, safe_norm


@dataclass(frozen=True)
class TangentNorm(Stabilizer):
    """g ← g/(‖g‖ + c), each sample's own tangent g, after its warm-up.

    Source: Lu & Song 2025 (sCM), algorithm 1 (c = .1).
    """

    c: Positive = 0.1

    inputs_type: ClassVar[type] = TangentInputs
    replaces: ClassVar[frozenset[str]] = frozenset({"limit of a tangent's length"})

    def loss_inputs(self, inputs: TangentInputs, at: StepContext) -> TangentInputs:
        def limit(tangent: Tensor) -> Tensor:
            return tangent / expand_like(safe_norm(tangent.flatten(1)) + self.c, tangent)

        return replace(inputs, limit=limit)
