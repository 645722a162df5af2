"""Pulling-away term: fakes are spread over the critic's features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.plugins.ranges import NonNegative
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs


@dataclass(frozen=True)
class PullingAway(Stabilizer):
    """loss_G + weight · 1/(B(B-1)) Σ_{i≠j} (s_iᵀs_j / ‖s_i‖‖s_j‖)² with s the critic's features of the fakes.

    Source: Zhao et al. 2017 (EBGAN), section 2.4.
    """

    weight: NonNegative = 0.1

    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "G"

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        if at.player != "G":
            return loss
        s = F.normalize(inputs.features(inputs.fake), dim=1)
        n = len(s)
        cosines = (s @ s.t()).square() * (1 - torch.eye(n, dtype=s.dtype, device=s.device))
        return loss + self.weight * cosines.sum() / max(1, n * (n - 1))
