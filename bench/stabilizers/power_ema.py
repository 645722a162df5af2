"""Power function average of the weights: its length grows with training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from bench.plugins.ranges import Range
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext


@dataclass(frozen=True)
class PowerEMA(Stabilizer):
    """average ← β_k · average + (1 - β_k) · theta with β_k = (1 - 1/k)^(γ+1) after step k = 1, 2, …

    The weight of step k is proportional to k^γ. `sigma_rel` is the standard deviation of that profile as a share of the
    training so far; γ follows from σ_rel² = (γ+1)/((γ+2)²(γ+3)).
    Source: Karras et al. 2024 (EDM2), section 3.1 and appendix C; algorithm 2 for γ.
    """

    sigma_rel: Annotated[float, Range(above=0, below=12**-0.5)] = 0.1

    replaces: ClassVar[frozenset[str]] = frozenset({"weights that are evaluated"})

    def __post_init__(self) -> None:
        if not 0 < self.sigma_rel < 12**-0.5:
            raise ValueError(f"sigma_rel={self.sigma_rel}: the profile's width lies between 0 and .288")

    @property
    def gamma(self) -> float:
        """γ, the largest real root of (γ+2)²(γ+3) = (γ+1)/σ_rel²."""
        inverse = self.sigma_rel**-2
        return float(np.roots([1, 7, 16 - inverse, 12 - inverse]).real.max())

    def init_memory(self, game: Game, params: Params) -> Params:
        return {p: theta.clone() for p, theta in params.items()}

    def update_memory(self, memory: Params, params: Params, at: StepContext) -> Params:
        beta = (1 - 1 / (at.step + 1)) ** (self.gamma + 1)
        return {p: beta * memory[p] + (1 - beta) * params[p] for p in memory}

    def eval_params(self, params: Params, at: StepContext) -> Params:
        return dict(at.memory)
