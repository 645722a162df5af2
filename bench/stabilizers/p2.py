"""P2 weighting: noise levels at which only fine detail is left count less."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench.diffusion import weights
from bench.training.hooks import Moment, Stabilizer
from bench.training.scenes import Denoising


@dataclass(frozen=True)
class P2(Stabilizer):
    """Weight 1/(1 + SNR)^γ on the error of ε.

    It takes the place of the model's own weight, whatever the target. Source: Choi et al. 2022 (P2; k = 1).
    """

    gamma: float = 1.0

    scene_type: ClassVar[type] = Denoising
    replaces: ClassVar[frozenset[str]] = frozenset({"weight"})

    def scene(self, scene: Denoising, at: Moment) -> Denoising:
        return replace(scene, weight=lambda t: weights.p2(scene.path, t, self.gamma))
