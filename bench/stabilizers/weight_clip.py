"""Weight clipping: the critic's weights are kept in a box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.plugins.ranges import Positive
from bench.training.game import Params
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs


@dataclass(frozen=True)
class WeightClip(Stabilizer):
    """theta_D ← clamp(theta_D, -clip, clip) after every move, biases included.

    Source: Arjovsky et al. 2017, algorithm 1, line 7.
    """

    clip: Positive = 0.01

    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "D"
    replaces: ClassVar[frozenset[str]] = frozenset({"box of the weights"})

    def project_params(self, params: Params, at: StepContext) -> Params:
        return params | {"D": params["D"].clamp(-self.clip, self.clip)}
