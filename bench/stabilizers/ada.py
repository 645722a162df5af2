"""Adaptive discriminator augmentation: images are augmented more often the more the critic overfits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from bench.data.base import Data
from bench.plugins.ranges import Count, Share
from bench.stabilizers import _images as images
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.rng import Rng

PIPELINE = (
    images.flip,
    images.turn,
    images.shift,
    images.brightness,
    images.contrast,
    images.invert,
    images.saturation,
)


@dataclass(frozen=True)
class ADA(Stabilizer):
    """Each augmentation is applied to each image with probability p; p ← clamp(p + sign(E sign r - target) · B/images, 0, 1).

    r are the critic's logits on augmented real images, B is the batch: `images` real images move p from 0 to 1. The
    pipeline is the paper's pixel blitting and colour; its general geometry and filters are left out. `start` is the first p
    (the paper's is 0).
    With `r1` the critic's slope is that at the augmented image; the authors' code differentiates through the augmentation,
    with respect to the image before it.
    Source: Karras et al. 2020 (ADA), section 3 (target .6, 500 000 images) and appendix B.
    """

    target: Share = 0.6
    images: Count = 500_000
    start: Share = 0.1

    inputs_type: ClassVar[type] = AdversarialInputs

    def refuses_data(self, data: Data) -> str | None:
        return images.needs_images(data, "ada")

    def init_memory(self, game: Game, params: Params) -> Tensor:
        return params["D"].new_full((), self.start)

    def loss_inputs(self, inputs: AdversarialInputs, at: StepContext) -> AdversarialInputs:
        return replace(
            inputs,
            real=augmented(inputs.real, at.memory, at.rng),
            fake=augmented(inputs.fake, at.memory, at.rng),
        )

    def collect(self, inputs: AdversarialInputs, at: StepContext) -> Tensor | tuple[()]:
        return inputs.r.sign().mean() if at.player == "D" else ()

    def update_memory(self, memory: Tensor, params: Params, at: StepContext) -> Tensor:
        step = at.engine.batch / self.images
        rise: Tensor = at.collected["D"] - self.target
        return (memory + rise.sign() * step).clamp(0, 1)


def augmented(x: Tensor, p: Tensor, rng: Rng) -> Tensor:
    """x [B, C, H, W] through the pipeline, every part with probability p of its own."""
    for augment in PIPELINE:
        x = torch.where(images.each(rng.uniform(len(x)) < p), augment(x, rng), x)
    return x
