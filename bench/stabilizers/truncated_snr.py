"""Truncated SNR weighting: no noise level counts less than its clean sample."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench.diffusion import weights
from bench.training.hooks import Moment, Stabilizer
from bench.training.scenes import Denoising


@dataclass(frozen=True)
class TruncatedSNR(Stabilizer):
    """Weight max(SNR, 1) on the error of x0: max(SNR, 1)/SNR on that of ε.

    It takes the place of the model's own weight, whatever the target. Source: Salimans & Ho 2022, section 4.
    """

    scene_type: ClassVar[type] = Denoising
    replaces: ClassVar[frozenset[str]] = frozenset({"weight"})

    def scene(self, scene: Denoising, at: Moment) -> Denoising:
        return replace(scene, weight=lambda t: weights.truncated(scene.path, t))
