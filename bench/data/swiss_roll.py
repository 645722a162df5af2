"""A rolled-up line, and how tightly it is rolled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bench.data._synthetic import Synthetic
from bench.data.base import Data
from bench.plugins.ranges import NonNegative

VERTICES = 4097  # the chord misses the arc by less than 1e-6 of the roll's radius


@dataclass(frozen=True)
class Polyline:
    """A curve as a chain of straight pieces."""

    vertices: Tensor  # [V, 2]

    def distance(self, x: Tensor) -> Tensor:
        """Distance [...] of x [..., 2] from the two pieces that meet at the nearest vertex."""
        slabs = torch.split(x.reshape(-1, 2), 1024)
        return torch.cat([self._distance(slab) for slab in slabs]).reshape(x.shape[:-1])

    def _distance(self, x: Tensor) -> Tensor:
        v = self.vertices.to(x)
        apart = torch.cdist(x, v, compute_mode="donot_use_mm_for_euclid_dist")  # squaring would lose small distances
        nearest = apart.argmin(-1)
        before, after = (nearest - 1).clamp(min=0), nearest.clamp(max=len(v) - 2)
        return torch.minimum(_to_piece(x, v[before], v[before + 1]), _to_piece(x, v[after], v[after + 1]))


def _to_piece(x: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Distance [N] of points x [N, 2] from the segments start-end."""
    piece, offset = end - start, x - start
    along = ((offset * piece).sum(-1) / piece.square().sum(-1)).clamp(0, 1)
    out: Tensor = torch.linalg.vector_norm(offset - along[:, None] * piece, dim=-1)
    return out


@dataclass(frozen=True, kw_only=True)
class SwissRoll(Synthetic):
    """The spiral (t cos t, t sin t)/10, t uniform on [1.5π, 4.5π], with noise of `std`, centred on its mean.

    `curvature` bends the line without stretching it: at each point the curve is bent `curvature` times as much as the
    spiral there, dφ/ds = curvature · dφ_spiral/ds. So 0 is a straight line, 1 the roll, 2 a roll twice as tight, with
    the same length and the same density along it. It never crosses itself, since its curvature falls all along it
    (Kneser 1912). At curvature 1 and std 0 it is scikit-learn's `make_swiss_roll`, columns 0 and 2, over 10, centred.
    x [N, 2].
    """

    curvature: NonNegative = 1.0
    std: NonNegative = 0.02

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(self.curvature >= 0, f"curvature={self.curvature} must not be negative")
        self.require(self.std >= 0, f"std={self.std} must not be negative")

    def load(self) -> Data:
        t, curve = self._curve()
        manifold = Polyline(torch.from_numpy(curve))
        x, held_out = (self._draw(n, split, t, curve) for n, split in ((self.n, "train"), (self.held_out, "held_out")))
        return Data(x, held_out, manifold=manifold)

    def _curve(self) -> tuple[np.ndarray, np.ndarray]:
        """Parameters t [V] and the points there [V, 2], float64."""
        t = np.linspace(1.5 * math.pi, 4.5 * math.pi, VERTICES)
        middle = (t[1:] + t[:-1]) / 2
        step = np.diff(t)
        # the spiral's derivative is exp(it)(1 + it): its speed and its tangent's angle
        tangents = [np.sqrt(1 + u**2) * np.exp(1j * self.curvature * (u + np.arctan(u))) for u in (t, middle)]
        pieces = step * (tangents[0][:-1] + 4 * tangents[1] + tangents[0][1:]) / 6  # Simpson
        curve = np.concatenate([[0], np.cumsum(pieces)]) / 10
        ends = np.r_[0.5, np.ones(VERTICES - 2), 0.5] / (VERTICES - 1)  # trapezoid: the mean over t
        curve = curve - (ends * curve).sum()
        return t, np.stack([curve.real, curve.imag], 1)

    def _draw(self, n: int, split: str, t: np.ndarray, curve: np.ndarray) -> Tensor:
        source = self.stream(split)
        at = t[0] + (t[-1] - t[0]) * source.random(n)
        points = np.stack([np.interp(at, t, curve[:, 0]), np.interp(at, t, curve[:, 1])], 1)
        return torch.from_numpy(points + self.std * source.standard_normal((n, 2))).float()
