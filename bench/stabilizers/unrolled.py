"""Unrolled GANs: the generator faces the critic as it will be a few steps later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch.func import grad

from bench.plugins.ranges import Positive, Repeats
from bench.training.game import Params
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs


@dataclass(frozen=True)
class Unrolled(Stabilizer):
    """loss_G at θ_D^K, with θ_D^{k+1} = θ_D^k - lr · ∇L_D(θ_G, θ_D^k) and θ_D^0 = θ_D.

    G's gradient flows through all K = `steps` steps; the critic's own weights do not move. L_D is the critic's whole
    loss on this step's batch, other stabilizers included; each inner step draws its own noise. What is unrolled are the
    raw weights, on whichever side of `spectral_norm` it stands, and of whatever else alters weights: that alters the result.
    Source: Metz et al. 2017, section 2, with gradient descent inside (the paper's experiments have Adam there).
    """

    steps: Repeats = 5
    lr: Positive = 0.01

    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "G"
    raw: ClassVar[bool] = True

    def params_in_loss(self, params: Params, at: StepContext) -> Params:
        if at.player != "G":
            return params
        theta = at.params["D"]
        for _ in range(self.steps):
            theta = theta - self.lr * grad(lambda theta: at.loss("D", at.params | {"D": theta}))(theta)
        return params | {"D": theta}
