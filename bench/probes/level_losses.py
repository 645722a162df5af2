"""Where on the way from data to noise a denoiser's loss comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.probes._probe_batches import LossInputsProbe
from bench.training.hooks import StepContext
from bench.training.loss_inputs import DenoisingInputs

QUARTERS = 4


@dataclass(frozen=True, kw_only=True)
class LevelLosses(LossInputsProbe):
    """level_loss_1 … level_loss_4: the weighted squared error in each quarter of a batch's noise levels, least noise first.

    The levels are those that training draws, the batch is one that is not trained on; their mean is the loss.
    """

    columns: ClassVar[tuple[str, ...] | None] = tuple(f"level_loss_{k}" for k in range(1, QUARTERS + 1))
    price: ClassVar[float | None] = 0.5
    inputs_type: ClassVar[type] = DenoisingInputs
    player: ClassVar[str] = "net"

    every: int = 100

    def read(self, inputs: DenoisingInputs, at: StepContext) -> dict[str, Tensor]:
        order = inputs.path.snr(inputs.t).argsort(descending=True)
        quarters = (inputs.weight(inputs.t) * inputs.error)[order].tensor_split(QUARTERS)
        return {f"level_loss_{k}": quarter.mean() for k, quarter in enumerate(quarters, 1)}
