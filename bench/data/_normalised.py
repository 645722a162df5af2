"""The space that points are trained in: mean 0 and standard deviation 1, so that learning rates mean the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log
from typing import TypeVar

from torch import Tensor

from bench.data.base import Data, GaussianMixture, Law, Manifold, Modes

FLAT = 1e-6  # below this share of the largest number the data is constant: float32 tells no less
T = TypeVar("T")


@dataclass(frozen=True)
class Frame:
    """x = mean + scale · z. The mean is each coordinate's own, the scale is one number: condition numbers stay as they are."""

    mean: Tensor  # [d] float64
    scale: float  # root mean square over coordinates of their standard deviations; 1 where the data is constant

    @classmethod
    def of(cls, x: Tensor) -> Frame:
        """The frame of points x [N, d] in which they have mean 0 and, over all coordinates together, variance 1."""
        exact = x.double()
        mean = exact.mean(0)
        scale = float((exact - mean).square().mean().sqrt())
        return cls(mean, 1.0 if scale <= FLAT * float(exact.abs().max()) else scale)

    def inside(self, x: Tensor) -> Tensor:
        """Points x [..., d] in the units of the data -> z [..., d]."""
        return ((x.double() - self.mean.to(x.device)) / self.scale).to(x.dtype)

    def outside(self, z: Tensor) -> Tensor:
        """Points z [..., d] -> x [..., d] in the units of the data; what is not finite stays so."""
        return (z.double() * self.scale + self.mean.to(z.device)).to(z.dtype)


@dataclass(frozen=True)
class FramedLaw:
    """The law of z where that of x is known: p(z) = scaleᵈ p(x), and noise of σ on z is noise of scale · σ on x."""

    frame: Frame
    of: Law

    def log_density(self, x: Tensor, sigma: float = 0.0) -> Tensor:
        known = self.of.log_density(self.frame.outside(x), self.frame.scale * sigma)
        return known + x.shape[-1] * log(self.frame.scale)

    def score(self, x: Tensor, sigma: float = 0.0) -> Tensor:
        return self.frame.scale * self.of.score(self.frame.outside(x), self.frame.scale * sigma)


@dataclass(frozen=True)
class FramedModes:
    """The modes of z: those of x."""

    frame: Frame
    of: Modes

    @property
    def weights(self) -> Tensor:
        return self.of.weights

    def assign(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.of.assign(self.frame.outside(x))


@dataclass(frozen=True)
class FramedManifold:
    """The manifold of z: distances are in its units."""

    frame: Frame
    of: Manifold

    def distance(self, x: Tensor) -> Tensor:
        return self.of.distance(self.frame.outside(x)) / self.frame.scale


def normalised(data: Data) -> Data:
    """Points [N, d] with mean 0 and standard deviation 1, `undo` extended to undo it; images as they are.

    What is known of the law (density, score, modes, manifold) is that of the normalised points. The one scale leaves
    shape alone: to make all directions alike is what the whitening stabilizer is for.
    """
    return data if data.is_image else framed(data, Frame.of(data.x))


def framed(data: Data, frame: Frame) -> Data:
    """The data set in a frame: its points, and all that is known of their law, `undo` extended to undo it."""

    def undo(z: Tensor) -> Tensor:
        return data.undo(frame.outside(z))

    return replace(
        data,
        x=frame.inside(data.x),
        held_out=frame.inside(data.held_out),
        law=_framed(frame, data.law, FramedLaw),
        modes=_framed(frame, data.modes, FramedModes),
        manifold=_framed(frame, data.manifold, FramedManifold),
        undo=undo,
    )


def _framed(frame: Frame, known: T | None, kind: type) -> T | None:
    """What is known of x, of z; a mixture of Gaussians stays one, whose closed forms others look for."""
    if known is None:
        return None
    if isinstance(known, GaussianMixture) and kind is not FramedManifold:
        means, covariances = frame.inside(known.means), known.covariances.double() / frame.scale**2
        return replace(known, means=means, covariances=covariances.to(known.covariances.dtype))
    found: T = kind(frame, known)
    return found
