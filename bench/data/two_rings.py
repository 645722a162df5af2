"""Two concentric circles: a manifold in two pieces."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from bench.data._synthetic import Synthetic
from bench.data.base import Data
from bench.plugins.ranges import NonNegative, Positive


@dataclass(frozen=True)
class Circles:
    """Concentric circles with Gaussian noise: density and score in closed form; each is a mode.

    p(x) = Σ_k w_k exp(-(r² + R_k²) / 2s²) I₀(r R_k / s²) / (2π s²), r = |x|: the uniform law on a circle of radius R_k,
    convolved with N(0, s² I). I₀ is the modified Bessel function (the circle's von Mises integral: Mardia & Jupp 2000,
    section 3.5.4). Where std and sigma are both 0 there is no density, and its value is NaN.
    """

    radii: Tensor  # [K]
    weights: Tensor  # [K]
    std: float  # noise of the data, in its units
    within: float = 3.0  # standard deviations from the circle at which a sample still counts

    def _gap(self, x: Tensor) -> Tensor:
        out: Tensor = (torch.linalg.vector_norm(x, dim=-1, keepdim=True) - self.radii.to(x)).abs()  # [..., K]
        return out

    def assign(self, x: Tensor) -> tuple[Tensor, Tensor]:
        gap, circle = self._gap(x).min(-1)
        return circle, gap <= self.within * self.std

    def distance(self, x: Tensor) -> Tensor:
        return self._gap(x).min(-1).values

    def _log_terms(self, x: Tensor, variance: float) -> Tensor:
        r, radii = torch.linalg.vector_norm(x, dim=-1, keepdim=True), self.radii.to(x)
        bessel = torch.special.i0e(r * radii / variance).log()  # I₀ without its exponential growth
        out: Tensor = (
            self.weights.to(x).log() - (r - radii).square() / (2 * variance) + bessel - math.log(2 * math.pi * variance)
        )
        return out

    def log_density(self, x: Tensor, sigma: float = 0.0) -> Tensor:
        variance = self.std**2 + sigma**2
        if variance == 0:
            return torch.full_like(x[..., 0], torch.nan)
        return torch.logsumexp(self._log_terms(x, variance), -1)

    def score(self, x: Tensor, sigma: float = 0.0) -> Tensor:
        """Σ_k share_k (R_k I₁/I₀ x/r - x) / s²: the mean of the circle's points given x, less x, over the variance."""
        variance = self.std**2 + sigma**2
        if variance == 0:
            return torch.full_like(x, torch.nan)
        r, radii = torch.linalg.vector_norm(x, dim=-1, keepdim=True), self.radii.to(x)
        share = self._log_terms(x, variance).softmax(-1)
        ratio = torch.special.i1e(r * radii / variance) / torch.special.i0e(r * radii / variance)
        along = (share * ratio * radii).sum(-1, keepdim=True)
        direction = x / torch.where(r > 0, r, 1)  # at the centre I₁ is 0, whichever way it points
        out: Tensor = (along * direction - x) / variance
        return out


@dataclass(frozen=True, kw_only=True)
class TwoRings(Synthetic):
    """Half of the points on each of two circles about the origin, with Gaussian noise of `std` in the plane.

    Our own set-up, after scikit-learn's `make_circles` (outer radius 1, inner `factor`). A sample belongs to the nearer
    circle and counts within 3 std of it; a perfect sampler scores 0.9973 up to the circle's curvature. x [N, 2].
    """

    inner: Positive = 0.5
    outer: Positive = 1.0
    std: NonNegative = 0.02

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(0 < self.inner < self.outer, f"inner={self.inner} must lie between 0 and outer={self.outer}")
        self.require(self.std > 0, f"std={self.std} must be positive")

    def load(self) -> Data:
        law = Circles(radii=torch.tensor([self.inner, self.outer]), weights=torch.tensor([0.5, 0.5]), std=self.std)
        x, labels = self._draw(self.n, "train")
        held_out, held_out_labels = self._draw(self.held_out, "held_out")
        return Data(x, held_out, labels, held_out_labels, classes=2, modes=law, manifold=law, law=law)

    def _draw(self, n: int, split: str) -> tuple[Tensor, Tensor]:
        source = self.stream(split)
        circle = torch.from_numpy(source.integers(2, size=n))
        angle = torch.from_numpy(2 * math.pi * source.random(n))
        noise = torch.from_numpy(source.standard_normal((n, 2)))
        radius = torch.where(circle == 0, self.inner, self.outer).double()
        points = radius[:, None] * torch.stack([angle.cos(), angle.sin()], 1) + self.std * noise
        return points.float(), circle
