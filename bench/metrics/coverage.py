"""Coverage: the share of real samples with a fake in their ball.

Its ceiling lies below 1: with N fakes of the real law and M real samples it is `expected_coverage(N, M, k)` on average.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from torch import Tensor

from bench.metrics._pairwise import PairMetric, Want, side, survey, within
from bench.plugins.ranges import Count


def coverage(fake: Tensor, real: Tensor, k: int = 5) -> Tensor:
    """Share of real [M, F] whose k-NN ball holds at least one of fake [..., N, F] (`<=`) -> [...] float64.

    Source: Naeem et al. 2020 (Reliable fidelity and diversity metrics). Raises NonFinite.
    """
    return survey(fake, side(real, kernel=False, k=k), [within(k)])[within(k)][..., 2]


def expected_coverage(n: int, m: int, k: int = 5) -> float:
    """The mean of coverage when both sides have one continuous law: 1 - Π_{i<k} (m - 1 - i)/(n + m - 1 - i).

    A ball stays empty when the k nearest of the other n + m - 1 points are all real. Source: Naeem et al. 2020.
    """
    return 1 - prod((m - 1 - i) / (n + m - 1 - i) for i in range(k))


@dataclass(frozen=True, kw_only=True)
class Coverage(PairMetric):
    """Coverage in a feature space: `coverage_<space>`."""

    higher_is_better: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    column: ClassVar[str] = "coverage"

    k: Count = 5  # neighbours that make a ball

    def wants(self) -> Want:
        return within(self.k)

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {self.named(self.column): survey(fake, real, [self.wants()])[self.wants()][..., 2]}
