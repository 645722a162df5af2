"""Performance profiles and improvement against numbers known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate

from bench.stats import (
    improvement_interval,
    probability_of_improvement,
    profile_shares,
    rank_test,
    time_profile,
    time_ratios,
)

INF = np.inf


def test_two_methods_with_constant_times() -> None:
    """One takes twice as long: ρ is 1 from the start, and a step at 2; the scores are 1 and (4 - 2) / 3."""
    ratios = time_ratios([[10.0, 20.0]] * 5)
    assert time_profile(ratios[:, 0], [1, 3]).tolist() == [1, 1]
    assert time_profile(ratios[:, 1], [1, 1.99, 2, 4]).tolist() == [0, 0, 1, 1]
    assert profile_shares(ratios).mean(axis=0) == pytest.approx([1, 2 / 3])


def test_what_never_arrives_is_never_counted() -> None:
    ratios = time_ratios([[INF, 5.0], [INF, INF], [0.0, 3.0]])
    assert ratios.tolist() == [[INF, 1], [INF, INF], [1, INF]]
    assert time_profile(ratios, [1, 4]).tolist() == [2 / 6, 2 / 6]
    assert profile_shares(ratios).tolist() == [[0, 1], [0, 0], [1, 0]]
    assert profile_shares([5.0, 4.0]).tolist() == [0, 0]


def test_the_score_is_the_integral_of_the_profile() -> None:
    ratios = np.random.default_rng(0).uniform(1, 6, 50)
    at = np.linspace(1, 4, 200_001)
    assert profile_shares(ratios).mean() == pytest.approx(
        integrate.trapezoid(time_profile(ratios, at), at) / 3, abs=1e-4
    )


def test_improvement_is_the_rank_tests() -> None:
    rng = np.random.default_rng(0)
    pair = (np.round(rng.normal(size=9), 1), np.append(np.round(rng.normal(size=8), 1), -INF))
    assert probability_of_improvement([pair]) == pytest.approx(rank_test([pair]).improvement)
    with pytest.raises(ValueError, match="NaN"):
        probability_of_improvement([([np.nan], [1.0])])


def test_improvement_of_separate_groups_is_sure_and_of_equal_ones_a_coin() -> None:
    rng = np.random.default_rng(0)
    sure = improvement_interval([([2.0, 3.0], [0.0, 1.0])] * 2, rng)
    assert (sure.value, sure.low, sure.high) == (1, 1, 1)
    coin = improvement_interval([([1.0] * 4, [1.0] * 4)], rng)
    assert (coin.value, coin.low, coin.high) == (0.5, 0.5, 0.5)


def test_the_interval_of_improvement_covers() -> None:
    """40 seeds of two normals a deviation apart: Φ(1/√2) = .76 lies inside nine times in ten or more."""
    rng, inside = np.random.default_rng(1), 0
    for _ in range(20):
        found = improvement_interval([(rng.normal(size=40) + 1, rng.normal(size=40))], rng)
        inside += found.low <= 0.7602 <= found.high
    assert inside >= 17
