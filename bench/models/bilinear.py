"""The bilinear game: the simplest game that plain gradient steps fail to solve."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from bench.models._positions import PlaneGame
from bench.plugins.ranges import AtLeastOne, Positive
from bench.training.loss_inputs import WeightInputs


def singular_values(dim: int, scale: float, condition: float) -> list[float]:
    """`dim` numbers from `scale` down to `scale / condition`, evenly spaced in the logarithm."""
    return [scale * condition ** (-k / max(1, dim - 1)) for k in range(dim)]


@cache
def _held(dim: int, scale: float, condition: float, device: torch.device, dtype: torch.dtype) -> Tensor:
    """On a device once: a copy in every step could not be captured in a CUDA graph."""
    return torch.tensor(singular_values(dim, scale, condition), dtype=dtype, device=device)


@dataclass(frozen=True, kw_only=True)
class Bilinear(PlaneGame):
    """min_x max_y xᵀAy, A = diag(s); the equilibrium is the origin and every eigenvalue of the game is ±i s.

    Gradient rules commute with rotations of x and of y, so a diagonal A stands for every A with these singular values:
    `scale` is the largest, `scale / condition` the smallest. Both players are points of the shape of one sample; the
    values of the data are not looked at. A sample is x itself, so on `point` distances to the data are distances to
    the equilibrium. Closed forms: bench/theory/bilinear.py. Source: Gidel et al. 2019
    (negative momentum), section 5.
    """

    scale: Positive = 1.0
    condition: AtLeastOne = 1.0

    def __post_init__(self) -> None:
        if self.scale <= 0 or self.condition < 1:
            raise ValueError(f"scale={self.scale} must be above 0 and condition={self.condition} at least 1")

    def objective(self, player: str, inputs: WeightInputs) -> Tensor:
        x, y = inputs.params["x"], inputs.params["y"]
        s = _held(len(x), self.scale, self.condition, x.device, x.dtype)
        payoff = (s * x * y).sum()
        return payoff if player == "x" else -payoff
