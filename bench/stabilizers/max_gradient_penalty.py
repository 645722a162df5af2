"""Maximum gradient penalty: the critic's largest squared slope between real and fake samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.training.hooks import Moment, Stabilizer
from bench.training.scenes import Duel, steepness


@dataclass(frozen=True)
class MaxGradientPenalty(Stabilizer):
    """loss_D + weight · max_i ‖∇D(x̂_i)‖², x̂ = a·real + (1-a)·fake, a ~ U(0, 1) for each sample of the batch.

    Source: Zhou et al. 2019 (Lipschitz GANs); its code has weight .1 on CIFAR-10, 10 is ours.
    """

    weight: float = 10.0

    scene_type: ClassVar[type] = Duel

    def loss(self, loss: Tensor, scene: Duel, at: Moment) -> Tensor:
        if at.player != "D":
            return loss
        a = at.rng.uniform(len(scene.real), *[1] * (scene.real.ndim - 1))
        between = a * scene.real + (1 - a) * scene.fake
        return loss + self.weight * steepness(scene.critic, between).amax()
