"""DiffAugment: real and fake images are augmented before the critic sees them, in both players' losses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from torch import Tensor

from bench.data.base import Data
from bench.stabilizers import _images as images
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.rng import Rng

POLICIES = {
    "color": (images.brightness, images.saturation, images.contrast),
    "translation": (images.shift,),
    "cutout": (images.cutout,),
}


@dataclass(frozen=True)
class DiffAugment(Stabilizer):
    """D(T(x)) and D(T(G(z))) with T drawn anew for every image: colour, a shift by up to 1/8, a hole of half the side.

    The generator's gradient flows through T; with `r1`, the critic's slope is that at T(x), not through T. For images.
    Source: Zhao et al. 2020 (DiffAugment); the sizes are those of its authors' code.
    """

    policy: tuple[Literal["color", "translation", "cutout"], ...] = ("color", "translation", "cutout")

    inputs_type: ClassVar[type] = AdversarialInputs

    def __post_init__(self) -> None:
        if not self.policy:
            raise ValueError("policy=(): it would do nothing")

    def refuses_data(self, data: Data) -> str | None:
        return images.needs_images(data, "diffaugment")

    def loss_inputs(self, inputs: AdversarialInputs, at: StepContext) -> AdversarialInputs:
        return replace(inputs, real=self._augmented(inputs.real, at.rng), fake=self._augmented(inputs.fake, at.rng))

    def _augmented(self, x: Tensor, rng: Rng) -> Tensor:
        for name in self.policy:
            for augment in POLICIES[name]:
                x = augment(x, rng)
        return x
