"""A point mass at the origin: the data of games that have none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from bench.data._synthetic import LARGEST
from bench.data.base import Data, DataError, DataSource
from bench.plugins.ranges import Repeats, Samples


@dataclass(frozen=True, kw_only=True)
class Point(DataSource):
    """x [n, dim], all zero. Games without data (`bilinear`, `hopf`) take their dimension from it, and their equilibrium
    is this point; for `dirac` it is the data of the paper (Mescheder et al. 2018, definition 2.1)."""

    generated: ClassVar[bool] = True

    dim: Repeats = 1
    n: Samples = 64

    def __post_init__(self) -> None:
        if self.dim < 1 or self.n < 1:
            raise DataError(f"point: dim={self.dim} and n={self.n} must be at least 1")
        if self.n * self.dim > LARGEST:
            raise DataError(f"point: n={self.n} samples of {self.dim} numbers are too many: ask for fewer")

    def load(self) -> Data:
        return Data(x=torch.zeros(self.n, self.dim), held_out=torch.zeros(self.n, self.dim))
