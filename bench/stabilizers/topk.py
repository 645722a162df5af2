"""Top-k training: the generator learns from the fakes that the critic finds best."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch

from bench.models.cramer_gan import CramerGAN
from bench.plugins.ranges import Count, SomeShare
from bench.stabilizers.diffusion_gan import DiffusionGAN
from bench.stabilizers.gdpp import GDPP
from bench.stabilizers.minibatch_discrimination import MinibatchDiscrimination
from bench.stabilizers.minibatch_stddev import MinibatchStddev
from bench.stabilizers.pulling_away import PullingAway
from bench.training.game import Game
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs


@dataclass(frozen=True)
class TopK(Stabilizer):
    """loss_G over the k fakes of the highest logits, k = ⌊B · max(share, decay^(step/every))⌋.

    They are ranked as the critic sees them, after whatever else alters samples. Shapes stay: the k best fill the batch, each
    as often as any other (where k does not divide B, some once more).
    Source: Sinha et al. 2020 (top-k; share ν = .5, decay γ = .99 once an epoch; an epoch is `every` steps here).
    """

    share: SomeShare = 0.5
    decay: SomeShare = 0.99
    every: Count = 100

    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "G"
    ranks: ClassVar[bool] = True

    def refuses(self, game: Game) -> str | None:
        if game.paired:
            return f"it re-orders the fakes, and {type(game).__name__.lower()} shows each beside something of its own"
        if isinstance(game, CramerGAN):
            return "the best fakes fill the batch, some of them twice, and cramer_gan compares each with the rest"
        return super().refuses(game)

    def refuses_beside(self, other: Stabilizer) -> str | None:
        if other.packs:
            return "it ranks fakes one by one, and the critic sees several at once"
        if isinstance(other, PullingAway | MinibatchDiscrimination | MinibatchStddev | GDPP):
            return "the best fakes fill the batch, some of them twice, and the other compares each with the rest"
        if isinstance(other, DiffusionGAN):
            return "it re-orders the fakes, each of which is shown at a noise level of its own"
        return None

    def loss_inputs(self, inputs: AdversarialInputs, at: StepContext) -> AdversarialInputs:
        if at.player != "G":
            return inputs
        n = len(inputs.fake)
        k = (n * (self.decay ** (at.step / self.every)).clamp(min=self.share)).long()
        order = inputs.f.argsort(descending=True)
        best = order.gather(0, torch.arange(n, device=order.device) * k // n)
        return replace(inputs, fake=inputs.fake[best], z=inputs.z[best])
