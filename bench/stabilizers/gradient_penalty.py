"""Gradient penalty: the critic's slope is pulled towards a target between real and fake samples."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from bench.plugins.ranges import Count, NonNegative
from bench.stabilizers._lazy import LazyPenalty
from bench.training.hooks import StepContext
from bench.training.loss_inputs import AdversarialInputs, squared_distance


@dataclass(frozen=True)
class GradientPenalty(LazyPenalty):
    """loss_D + weight · E(‖∇D(x̂)‖₂ - target)², x̂ = a·real + (1-a)·fake, a ~ U(0, 1) for each sample.

    The norm is each sample's own. The weight is 10 in the paper and .1 in its code for 2-D toys. `every` asks for it
    every so many steps only, that much stronger (lazy regularization; see `_lazy.py`).
    Source: Gulrajani et al. 2017, eq. 3; target = 0 is the zero-centred variant of Thanh-Tung et al. 2019.
    """

    weight: NonNegative = 10.0
    target: NonNegative = 1.0
    every: Count = 1

    def penalty(self, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        a = at.rng.uniform(len(inputs.real), *[1] * (inputs.real.ndim - 1))
        between = a * inputs.real + (1 - a) * inputs.fake
        return self.weight * squared_distance(inputs.critic, between, self.target).mean()
