"""Instance noise: both real and fake samples are blurred, less and less, before the critic sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench.training.hooks import Moment, Stabilizer
from bench.training.scenes import Duel


@dataclass(frozen=True)
class InstanceNoise(Stabilizer):
    """x + σ_k ε and x̃ + σ_k ε' with ε, ε' ~ N(0, I) and σ_k = std · max(0, 1 - k/until) at step k.

    `until` counts steps; 0 never anneals. `std` is in the units of the data. The defaults are ours.
    Source: Sønderby et al. 2017 (Amortised MAP inference); Arjovsky & Bottou 2017, section 3.
    """

    std: float = 0.1
    until: int = 10_000

    scene_type: ClassVar[type] = Duel

    def scene(self, scene: Duel, at: Moment) -> Duel:
        std = self.std * (1 - at.step / self.until).clamp(min=0) if self.until else self.std
        return replace(
            scene,
            real=scene.real + std * at.rng.normal(*scene.real.shape),
            fake=scene.fake + std * at.rng.normal(*scene.fake.shape),
        )
