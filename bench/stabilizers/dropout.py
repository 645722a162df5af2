"""Dropout in a denoiser, with masks from the keyed noise of the step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import Decay
from bench.stabilizers._dropping import dropping, masks
from bench.training.game import Game
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import DenoisingInputs
from bench.training.nets import Net


@dataclass(frozen=True)
class Dropout(Stabilizer):
    """h ∘ m/(1 - rate), m ~ Bernoulli(1 - rate) for every number of every sample, in training only.

    Before every layer but the first (mlp), before each block's second convolution (resnet, unet), on the way up (dcgan).
    Source: Srivastava et al. 2014, section 4; Ho et al. 2020, appendix B, for its place and rate in diffusion models.
    """

    rate: Decay = 0.1

    inputs_type: ClassVar[type] = DenoisingInputs

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise ValueError(f"rate={self.rate}: a probability below 1")

    def nets(self, nets: dict[str, Net], game: Game) -> dict[str, Net]:
        return nets | {"net": nets["net"].wrap(partial(dropping, rate=self.rate))}

    def loss_inputs(self, inputs: DenoisingInputs, at: StepContext) -> DenoisingInputs:
        module = at.game.nets["net"].module

        def network(x: Tensor, t: Tensor) -> Tensor:
            with masks(module, at.rng):
                return inputs.network(x, t)

        return replace(inputs, network=network)
