"""Noise levels in units of the data's standard deviation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bench.plugins.ranges import NonNegative
from bench.training.game import Game


@dataclass(frozen=True, kw_only=True)
class DataScale(Game):
    """A game with σ_data; 0 means that of what is trained on: 1 for points, which are normalised."""

    sigma_data: NonNegative = 0.0

    @cached_property
    def data_std(self) -> float:
        """σ_data."""
        if self.sigma_data:
            return self.sigma_data
        assert self.data is not None, "build(data) first"
        return float(self.data.x.std()) or 1.0  # of one point the noise is all there is
