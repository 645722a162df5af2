"""The Jensen-Shannon regularizer: slopes count where the critic is unsure, less and less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.training.hooks import Moment, Stabilizer
from bench.training.scenes import Duel, steepness


@dataclass(frozen=True)
class Roth(Stabilizer):
    """loss_D + γ_k/2 · E[(1 - σ(r))² ‖∇r‖² + σ(f)² ‖∇f‖²], γ_k = weight · final^(k/until) at step k.

    σ(r) = σ(D(x)) is the probability that the critic gives to "real". After `until` steps the weight stays at
    weight · final; until = 0 never anneals.
    Source: Roth et al. 2017, algorithm 1; `weight` and `final` are those of its authors' code.
    """

    weight: float = 0.1
    final: float = 0.01
    until: int = 10_000

    scene_type: ClassVar[type] = Duel

    def loss(self, loss: Tensor, scene: Duel, at: Moment) -> Tensor:
        if at.player != "D":
            return loss
        weight = self.weight * self.final ** (at.step / self.until).clamp(max=1) if self.until else self.weight
        real = (-scene.r).sigmoid().square() * steepness(scene.critic, scene.real)
        fake = scene.f.sigmoid().square() * steepness(scene.critic, scene.fake)
        return loss + weight / 2 * (real + fake).mean()
