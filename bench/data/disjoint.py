"""Supports that do not touch: squares with a gap between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from bench.data._synthetic import Synthetic
from bench.data.base import Data
from bench.plugins.ranges import Modes, Positive


@dataclass(frozen=True)
class Boxes:
    """The uniform law on K equal boxes: one mode a box; the support takes the manifold's place.

    With noise N(0, σ² I) the density factorises over the axes, from the lower edges a to the upper edges b:
    p(x) = Σ_k w_k Π_i [Φ((x_i - a_ki)/σ) - Φ((x_i - b_ki)/σ)] / width. At σ = 0 it is constant inside and 0 outside,
    where the log density is -inf, and the score is 0.
    """

    centres: Tensor  # [K, d]
    width: float
    weights: Tensor  # [K]

    def _outside(self, x: Tensor) -> Tensor:
        """How far beyond each box's edges x lies along each axis [..., K, d]; 0 inside."""
        gap = (x[..., None, :] - self.centres.to(x)).abs() - self.width / 2
        return torch.where(gap <= 1e-6 * self.width, 0.0, gap)  # a point on the edge is inside; NaN stays NaN

    def assign(self, x: Tensor) -> tuple[Tensor, Tensor]:
        distance, box = torch.linalg.vector_norm(self._outside(x), dim=-1).min(-1)
        return box, distance == 0

    def distance(self, x: Tensor) -> Tensor:
        """Distance from the support [...]; 0 inside."""
        nearest: Tensor = torch.linalg.vector_norm(self._outside(x), dim=-1).amin(-1)
        return nearest

    def _edges(self, x: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
        """(x - a)/σ and (x - b)/σ, [..., K, d]."""
        gap = x[..., None, :] - self.centres.to(x)
        return (gap + self.width / 2) / sigma, (gap - self.width / 2) / sigma

    def _log_terms(self, x: Tensor, sigma: float) -> Tensor:
        weights = self.weights.to(x).log()
        d = self.centres.shape[1]
        if sigma == 0:
            inside = (self._outside(x) == 0).all(-1)
            return weights + torch.where(inside, 0.0, -torch.inf).to(x) - d * math.log(self.width)
        return weights + _log_mass(*self._edges(x, sigma)).sum(-1) - d * math.log(self.width)

    def log_density(self, x: Tensor, sigma: float = 0.0) -> Tensor:
        return torch.logsumexp(self._log_terms(x, sigma), -1)

    def score(self, x: Tensor, sigma: float = 0.0) -> Tensor:
        if sigma == 0:
            return torch.zeros_like(x)
        lower, upper = self._edges(x, sigma)
        share = self._log_terms(x, sigma).softmax(-1)
        mass = _log_mass(lower, upper)
        slope = ((_log_bell(lower) - mass).exp() - (_log_bell(upper) - mass).exp()) / sigma  # [..., K, d]
        total: Tensor = (share.unsqueeze(-1) * slope).sum(-2)
        return total


def _log_bell(u: Tensor) -> Tensor:
    return -0.5 * u.square() - 0.5 * math.log(2 * math.pi)


def _log_mass(lower: Tensor, upper: Tensor) -> Tensor:
    """log(Φ(lower) - Φ(upper)) for lower > upper, in whichever tail keeps the digits."""
    right = lower + upper > 0
    near, far = torch.where(right, -upper, lower), torch.where(right, -lower, upper)
    big, small = torch.special.log_ndtr(near), torch.special.log_ndtr(far)
    out: Tensor = big + torch.log1p(-(small - big).exp())
    return out


@dataclass(frozen=True, kw_only=True)
class Disjoint(Synthetic):
    """`modes` squares of side `width` in a row, `distance` apart from edge to edge, filled uniformly. x [N, 2].

    Our own set-up, for the question of Arjovsky & Bottou 2017: what happens where supports do not meet? Nothing of the
    data lies in the gaps. A sample counts when it lies on a square, so a perfect sampler scores 1. `manifold` is the
    support: distance 0 inside.
    """

    modes: Modes = 2
    distance: Positive = 1.0
    width: Positive = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(self.modes >= 1, f"modes={self.modes} must be at least 1")
        self.require(self.distance > 0, f"distance={self.distance} must be positive")
        self.require(self.width > 0, f"width={self.width} must be positive")

    def load(self) -> Data:
        place = (self.width + self.distance) * (torch.arange(self.modes) - (self.modes - 1) / 2)
        centres = torch.stack([place, torch.zeros(self.modes)], 1)
        law = Boxes(centres=centres, width=self.width, weights=torch.full((self.modes,), 1 / self.modes))
        x, labels = self._draw(self.n, "train", centres)
        held_out, held_out_labels = self._draw(self.held_out, "held_out", centres)
        return Data(x, held_out, labels, held_out_labels, classes=self.modes, modes=law, manifold=law, law=law)

    def _draw(self, n: int, split: str, centres: Tensor) -> tuple[Tensor, Tensor]:
        source = self.stream(split)
        box = torch.from_numpy(source.integers(self.modes, size=n))
        within = torch.from_numpy(source.random((n, 2))) - 0.5
        return (centres.double()[box] + self.width * within).float(), box
