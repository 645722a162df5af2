"""Dispersion, risk, spikes, collapse, quality and sensitivity on series with known answers."""

import numpy as np
import pytest

from bench.diagnostics import (
    area_under_curve,
    best_to_last,
    collapse,
    dispersion_across_seeds,
    dispersion_in_time,
    divergence,
    drawdowns,
    long_term_risk,
    risk_across_seeds,
    sensitivity,
    short_term_risk,
    spikes,
    time_to,
)
from bench.diagnostics.series import worst_mean

NAN = np.nan


def at(values):
    return np.asarray(values, dtype=float), 100 * np.arange(len(values))


def test_worst_mean_is_the_tail_mean_of_the_normal():
    """CVaR of N(0, 1) at 5 %: φ(Φ⁻¹(.95)) / .05 = 2.0627."""
    assert worst_mean(np.random.default_rng(0).normal(size=400_000)) == pytest.approx(2.0627, abs=0.02)
    assert worst_mean([1, 5, 2]) == 5
    assert worst_mean(np.arange(1, 31), 0.05) == pytest.approx((30 + 0.5 * 29) / 1.5)
    assert np.isnan(worst_mean([]))


def test_dispersion_of_a_line_is_zero_and_of_gaussian_increments_is_theirs():
    assert dispersion_in_time(*at(np.arange(50))) == pytest.approx(0)
    walk = np.cumsum(np.random.default_rng(0).normal(size=6_000))
    low, high = np.percentile(walk, [5, 95])
    assert dispersion_in_time(*at(walk), window=1000) * (high - low) == pytest.approx(1.349, rel=0.05)
    assert dispersion_in_time(*at(np.ones(20))) == 0
    assert np.isnan(dispersion_in_time(*at([1.0])))


def test_short_term_risk_sees_the_drop_in_its_direction_only():
    coverage = [0, 5, 9, 9, 3, 9]
    assert short_term_risk(*at(coverage), higher_is_better=True) == 6
    assert short_term_risk(*at(coverage), higher_is_better=False) == 6
    assert short_term_risk(*at([0, 5, 9]), higher_is_better=True) == -4
    assert np.isnan(short_term_risk(*at([1.0]), higher_is_better=True))


def test_drawdown_is_the_distance_from_the_running_best():
    assert drawdowns([1, 3, 2, 4, 1], True).tolist() == [0, 0, 1, 0, 3]
    assert drawdowns([4, 2, 3, 1, 5], False).tolist() == [0, 0, 1, 0, 4]
    assert long_term_risk(*at([1, 3, 2, 4, 1]), higher_is_better=True) == 3
    assert long_term_risk(*at([1, 2, 3]), higher_is_better=True) == 0
    assert np.isnan(long_term_risk(*at([NAN, NAN]), higher_is_better=True))


def test_across_seeds():
    curves = np.array([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0], [3.0, NAN]])
    assert dispersion_across_seeds(curves)[0] == pytest.approx(1.5)
    assert np.isnan(dispersion_across_seeds(curves)[1])
    assert risk_across_seeds(curves, True).tolist() == [0, -np.inf]
    assert risk_across_seeds(curves, False).tolist() == [3, np.inf]
    with pytest.raises(ValueError, match="S, T"):
        dispersion_across_seeds([1.0, 2.0])


def test_spikes_are_counted_and_noise_is_not():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=5000)
    assert spikes(*at(noise)) == 0
    struck = noise.copy()
    struck[[700, 1800, 2900, 4400]] += 30
    assert spikes(*at(struck)) == pytest.approx(4 / (5000 - 32))
    assert spikes(*at(1e6 + struck)) == pytest.approx(4 / (5000 - 32))


def test_spikes_of_the_degenerate():
    assert spikes(*at(np.full(200, 0.1))) == 0
    still = np.full(200, 0.1)
    still[150] = 0.2
    assert spikes(*at(still)) == pytest.approx(1 / (200 - 32))
    assert np.isnan(spikes(*at([1.0])))
    assert np.isnan(spikes(*at([NAN] * 50)))


@pytest.mark.parametrize(
    ("values", "up", "onset"),
    [
        ([1, 6, 8, 8, 3, 3, 2], True, 400),
        ([1, 6, 8, 8, 3, 3, 5], True, None),  # regained
        ([1, 6, 8, 3, 5, 3, 3], True, 500),  # regained, then lost for good
        ([8, 8, 8, 8, 8, 8, 3], True, None),  # one evaluation is not "for good"
        ([8, 8, 4, 4], True, None),  # half is not below half
        ([9, 5, 1, 1, 3, 3, 4], False, 400),
        ([9, 5, 1, 1, 3, 2, 2], False, None),
        ([9, 5, 1, 1, 3, 3, NAN], False, 400),  # dies after its collapse
        ([8, 8, NAN, NAN], True, None),  # death is not collapse
        ([5, 5, 5], True, None),
        ([0, 0, 0], True, None),
        ([5], True, None),
        ([NAN, NAN], True, None),
    ],
)
def test_collapse_is_what_was_reached_and_lost(values, up, onset):
    assert collapse(*at(values), higher_is_better=up) == onset


def test_collapse_of_a_step():
    values = np.where(np.arange(100) < 37, 25.0, 1.0)
    assert collapse(*at(values), higher_is_better=True) == 3700


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([1, 2, NAN, NAN], 200),
        ([1, np.inf, NAN], 100),
        ([NAN, 1, 2], None),
        ([NAN, NAN], 0),
        ([1], None),
        ([1, NAN, 2], 100),
    ],
)
def test_divergence_is_the_first_number_that_is_none(values, step):
    assert divergence(*at(values)) == step


def test_best_to_last():
    assert best_to_last(*at([1, 8, 4]), higher_is_better=True) == 2
    assert best_to_last(*at([9, 1, 3]), higher_is_better=False) == 3
    assert best_to_last(*at([1, 2, 3]), higher_is_better=True) == 1
    assert best_to_last(*at([0, 0]), higher_is_better=True) == 1
    assert best_to_last(*at([3, 0]), higher_is_better=True) == np.inf
    assert np.isnan(best_to_last(*at([3, NAN]), higher_is_better=True))
    assert np.isnan(best_to_last(*at([-1, -2]), higher_is_better=True))


def test_time_and_area():
    assert time_to(*at([0, 5, 9, 2]), quality=6, higher_is_better=True) == 200
    assert time_to(*at([9, 5, 1]), quality=5, higher_is_better=False) == 100
    assert time_to(*at([0, NAN]), quality=6, higher_is_better=True) is None
    assert area_under_curve(*at([0, 1, 2])) == 1
    assert area_under_curve([0, 0, 4], [0, 30, 40]) == pytest.approx(0.5)
    assert area_under_curve([3], [7]) == 3
    assert np.isnan(area_under_curve(*at([1, NAN])))
    assert np.isnan(area_under_curve([], []))


def test_sensitivity_over_a_grid_of_learning_rates():
    """Losses 1, 1, 4, dead with a cap of 5: E[min(loss, 5)] - 1 = 11/4 - 1; half of the grid gets halfway."""
    found = sensitivity([1, 1, 4, NAN], cap=5, higher_is_better=False)
    assert found.regret == pytest.approx(1.75)
    assert found.works == 0.5
    mirrored = sensitivity([-1, -1, -4, -np.inf], cap=-5, higher_is_better=True)
    assert mirrored == found
    assert sensitivity([2, 2], cap=5, higher_is_better=False).regret == 0
    assert sensitivity([NAN, 7], cap=5, higher_is_better=False).works == 0
