"""Gaussians on a square grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.data._synthetic import Lattice


@dataclass(frozen=True, kw_only=True)
class Grid(Lattice):
    """side² equal Gaussians, `spacing` apart, centred on the origin.

    The defaults are the set-up of Lin et al. 2018 (PacGAN), after Srivastava et al. 2017 (VEEGAN): 25 modes, 2 apart,
    standard deviation 0.05. x [N, 2].
    """

    dimensions: ClassVar[int] = 2

    side: int = 5
