"""A sphere: the plainest curved manifold, in any dimension."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import torch
from torch import Tensor

from bench.data._synthetic import Synthetic
from bench.data.base import Data
from bench.plugins.ranges import SAMPLES, NonNegative, Positive, Repeats


@dataclass(frozen=True)
class Shell:
    """The uniform law on the sphere of radius R about the origin of R³, with Gaussian noise of `std`.

    p(x) = (2π s²)^(-3/2) exp(-(r² + R²) / 2s²) sinh(κ)/κ, κ = r R / s²: the integral over the sphere that also
    normalises the von Mises–Fisher law (Mardia & Jupp 2000, section 9.3). Where std and sigma are both 0 it is NaN.
    """

    radius: float
    std: float

    def log_density(self, x: Tensor, sigma: float = 0.0) -> Tensor:
        variance = self.std**2 + sigma**2
        if variance == 0:
            return torch.full_like(x[..., 0], torch.nan)
        r = torch.linalg.vector_norm(x, dim=-1)
        kappa = r * self.radius / variance
        small = kappa < 1e-3
        k = torch.where(small, 1.0, kappa)
        sinhc = torch.where(small, kappa.square() / 6 - kappa, (-torch.expm1(-2 * k) / (2 * k)).log())
        out: Tensor = sinhc - (r - self.radius).square() / (2 * variance) - 1.5 * math.log(2 * math.pi * variance)
        return out

    def score(self, x: Tensor, sigma: float = 0.0) -> Tensor:
        """(R (coth κ - 1/κ) x/r - x) / s²."""
        variance = self.std**2 + sigma**2
        if variance == 0:
            return torch.full_like(x, torch.nan)
        r = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        kappa = r * self.radius / variance
        small = kappa < 1e-3
        k = torch.where(small, 1.0, kappa)
        langevin = torch.where(small, kappa / 3, 1 / torch.tanh(k) - 1 / k)
        return (self.radius * langevin * x / torch.where(r > 0, r, 1) - x) / variance


@dataclass(frozen=True)
class Surface:
    """The sphere as a manifold."""

    radius: float

    def distance(self, x: Tensor) -> Tensor:
        out: Tensor = (torch.linalg.vector_norm(x, dim=-1) - self.radius).abs()
        return out


@dataclass(frozen=True, kw_only=True)
class Sphere(Synthetic):
    """Points uniform on a sphere of `dimension` (2: the surface of a ball), with noise of `std`. x [N, dimension + 1].

    The sphere's curvature is 1/radius. `density` is the number of training points per unit of its area
    A = 2π^((d+1)/2) / Γ((d+1)/2) · radius^d, in the place of `n`: spheres of one density and one std differ in nothing but
    their curvature for whoever looks at a small patch (with 0, `n` points are spread over whatever area there is).
    Drawn as normalised Gaussians (Muller 1959). The law and its score are known for dimension 2 only. Our own set-up.
    """

    dimension: Repeats = 2
    radius: Positive = 1.0
    std: NonNegative = 0.02
    density: NonNegative = 0.0  # points per unit of area; 0: n points

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(self.dimension >= 1, f"dimension={self.dimension} must be at least 1")
        self.require(self.radius > 0, f"radius={self.radius} must be positive")
        self.require(self.std >= 0, f"std={self.std} must not be negative")
        self.require(self.density >= 0, f"density={self.density} must not be negative")
        if self.density:
            whole = self.density * self.area
            self.require(
                whole <= SAMPLES,
                f"density={self.density} is {whole:.3g} points on an area of {self.area:.3g}: ask for fewer",
            )
            self.require(
                self.points >= 1, f"density={self.density} is less than one point on an area of {self.area:.3g}"
            )
        self.require_room(self.dimension + 1)

    @property
    def area(self) -> float:
        """Of the sphere, in units of the data to the power of `dimension`."""
        half = (self.dimension + 1) / 2
        log = math.log(2) + half * math.log(math.pi) - math.lgamma(half) + self.dimension * math.log(self.radius)
        return math.exp(log) if log < math.log(sys.float_info.max) else math.inf

    @property
    def points(self) -> int:
        """How many points are trained on."""
        return round(self.density * self.area) if self.density else self.n

    def load(self) -> Data:
        return Data(
            x=self._draw(self.points, "train"),
            held_out=self._draw(self.held_out, "held_out"),
            manifold=Surface(self.radius),
            law=Shell(self.radius, self.std) if self.dimension == 2 else None,
        )

    def _draw(self, n: int, split: str) -> Tensor:
        source = self.stream(split)
        direction, noise = torch.from_numpy(source.standard_normal((2, n, self.dimension + 1)))
        out: Tensor = (
            self.radius * direction / torch.linalg.vector_norm(direction, dim=-1, keepdim=True) + self.std * noise
        ).float()
        return out
