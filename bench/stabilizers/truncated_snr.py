"""Truncated SNR weighting: no noise level counts less than its clean sample."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench.diffusion import weights
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import DenoisingInputs


@dataclass(frozen=True)
class TruncatedSNR(Stabilizer):
    """Weight max(SNR, 1) on the error of x0: max(SNR, 1)/SNR on that of ε.

    It takes the place of the model's own weight, whatever the target. Source: Salimans & Ho 2022, section 4.
    """

    inputs_type: ClassVar[type] = DenoisingInputs
    replaces: ClassVar[frozenset[str]] = frozenset({"weight"})

    def loss_inputs(self, inputs: DenoisingInputs, at: StepContext) -> DenoisingInputs:
        return replace(inputs, weight=lambda t: weights.truncated(inputs.path, t))
