"""Data sets that are drawn from a law: how many points, and from which noise."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from bench.data.base import Data, DataError, DataSource, GaussianMixture, keyed
from bench.plugins.ranges import REPEATED, Count, Positive, Samples

LARGEST = 2 * 10**9  # numbers of a data set: 8 GB


@dataclass(frozen=True, kw_only=True)
class Synthetic(DataSource):
    """A law that can be sampled.

    The noise is keyed by the data set's word and the split: options that move the modes keep the noise around them, and
    training and held-out points share none.
    """

    generated: ClassVar[bool] = True

    n: Samples = 100_000  # points to train on
    held_out: Samples = 10_000  # points that no model sees

    def __post_init__(self) -> None:
        self.require(self.n >= 1, f"n={self.n} must be at least 1")
        self.require(self.held_out >= 1, f"held_out={self.held_out} must be at least 1")

    def require(self, holds: bool, otherwise: str) -> None:
        """Raises DataError with the data set's word and what is wrong with its options."""
        if not holds:
            raise DataError(f"{self.word}: {otherwise}")

    def require_room(self, numbers: int) -> None:
        """Raises DataError where all samples, of so many numbers each, are more than LARGEST."""
        whole = numbers * (self.n + self.held_out)
        self.require(
            whole <= LARGEST,
            f"{self.n + self.held_out} samples of {numbers} numbers take {4e-9 * whole:.0f} GB: ask for fewer",
        )

    @property
    def word(self) -> str:
        return type(self).__module__.rpartition(".")[2]

    def stream(self, split: str) -> np.random.Generator:
        return keyed(self.word, split)


@dataclass(frozen=True, kw_only=True)
class Clusters(Synthetic):
    """A mixture of Gaussians as a data set: its modes and its law are the mixture itself, its labels the components."""

    @abstractmethod
    def mixture(self) -> GaussianMixture:
        """The law, from the options."""

    def load(self) -> Data:
        mixture = self.mixture()
        x, labels = mixture.draw(self.n, self.stream("train"))
        held_out, held_out_labels = mixture.draw(self.held_out, self.stream("held_out"))
        return Data(
            x=x,
            held_out=held_out,
            labels=labels,
            held_out_labels=held_out_labels,
            classes=len(mixture.means),
            modes=mixture,
            law=mixture,
        )


@dataclass(frozen=True, kw_only=True)
class Lattice(Clusters):
    """side^d equal Gaussians on a lattice about the origin, `spacing` apart; a subclass says how many dimensions d."""

    dimensions: ClassVar[int]

    side: Count
    spacing: Positive = 2.0
    std: Positive = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        modes = self.side**self.dimensions
        self.require(
            modes <= REPEATED, f"side={self.side} makes {modes} modes, and at most {REPEATED} can be told apart"
        )
        self.require(self.side >= 1, f"side={self.side} must be at least 1")
        self.require(self.std > 0, f"std={self.std} must be positive")

    def mixture(self) -> GaussianMixture:
        line = self.spacing * (torch.arange(self.side, dtype=torch.float64) - (self.side - 1) / 2)
        return round_gaussians(torch.cartesian_prod(*[line] * self.dimensions), self.std)


def round_gaussians(
    means: Tensor, std: float | Sequence[float], weights: Sequence[float] | None = None
) -> GaussianMixture:
    """Spherical Gaussians at means [K, d]; std one number or K of them; equal weights unless told."""
    modes, d = means.shape
    scale = torch.as_tensor(std, dtype=torch.float64).expand(modes)
    share = torch.ones(modes, dtype=torch.float64) if weights is None else torch.as_tensor(weights, dtype=torch.float64)
    covariances = scale.square()[:, None, None] * torch.eye(d, dtype=torch.float64)
    return GaussianMixture(means=means.double(), covariances=covariances, weights=share / share.sum())
