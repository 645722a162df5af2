"""Optimal-transport coupling: noise and data of a batch are paired so that paths don't cross."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench.stabilizers._assignment import assign
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import DenoisingInputs


@dataclass(frozen=True)
class OTCoupling(Stabilizer):
    """The batch's noise in the order that minimises Σ_i ‖x0_i - noise_i‖² exactly, an assignment per batch and seed.

    Data keeps its place, with its labels and noise levels. The assignment is computed on the CPU, O(B³).
    Source: Pooladian et al. 2023 (multisample flow matching); Tong et al. 2024 (OT-CFM).
    """

    inputs_type: ClassVar[type] = DenoisingInputs
    replaces: ClassVar[frozenset[str]] = frozenset({"pairs of noise and data"})

    def loss_inputs(self, inputs: DenoisingInputs, at: StepContext) -> DenoisingInputs:
        return replace(inputs, noise=inputs.noise[assign(inputs.x0, inputs.noise)])
