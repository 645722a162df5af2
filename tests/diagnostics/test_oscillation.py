"""Oscillation against closed forms and red-noise nulls."""

import numpy as np
import pytest
from scipy import signal, stats

from bench.diagnostics import oscillation, sign_changes, swing

STEPS = 50 * np.arange(1000)


def sine(period, amplitude=3.0, phase=1.0):
    return amplitude * np.sin(2 * np.pi * STEPS / (50 * period) + phase)


def ar1(phi, n, rng):
    return signal.lfilter([1.0], [1.0, -phi], rng.normal(size=n))


@pytest.mark.parametrize("period", [4.5, 7.3, 20, 100.5])
def test_a_sine_gives_its_amplitude_and_period(period):
    found = oscillation(sine(period), STEPS)
    assert found.period == pytest.approx(50 * period, rel=1e-4)
    assert found.deviation == pytest.approx(3 / np.sqrt(2), rel=1e-3)
    assert found.power_share > 0.99


def test_a_trend_under_the_sine_changes_nothing():
    plain, tilted = oscillation(sine(40), STEPS), oscillation(sine(40) + 1e-3 * STEPS - 7, STEPS)
    assert tilted.deviation == pytest.approx(plain.deviation, rel=1e-6)
    assert tilted.period == pytest.approx(plain.period, rel=1e-6)


def test_scale_free_amplitude_ignores_scale_and_offset():
    noisy = sine(30) + np.random.default_rng(0).normal(size=1000)
    a, b = oscillation(noisy, STEPS), oscillation(-1e-3 * noisy + 1e3, STEPS)
    assert b.scale_free == pytest.approx(a.scale_free, rel=1e-6)
    assert b.deviation == pytest.approx(1e-3 * a.deviation, rel=1e-6)


def test_a_sine_is_found_in_noise_and_on_a_drift():
    rng = np.random.default_rng(1)
    for background in (3 * rng.normal(size=1000), np.cumsum(rng.normal(size=1000))):
        found = oscillation(sine(33) + background, STEPS)
        assert found.periodic
        assert found.period == pytest.approx(50 * 33, rel=0.02)


@pytest.mark.parametrize(("phi", "measured_with"), [(0.5, 0.0), (1.0, 0.0), (1.0, 3.0)])
def test_red_noise_is_no_oscillation(phi, measured_with):
    """At a nominal 1 %: more alarms than the 99.9 % quantile of Binomial(80, .01) would refute the level."""
    rng = np.random.default_rng(int(100 * phi))
    alarms = 0
    for _ in range(80):
        drift = ar1(phi, 300, rng) + measured_with * rng.normal(size=300)
        alarms += oscillation(drift, np.arange(300)).periodic
    assert alarms <= stats.binom.ppf(0.999, 80, 0.01)


def test_an_integrated_drift_is_no_oscillation():
    """A random walk whose increments are correlated is smoother than any AR(1), and looks like a slow wave."""
    rng = np.random.default_rng(7)
    alarms = sum(oscillation(np.cumsum(ar1(0.9, 300, rng)), np.arange(300)).periodic for _ in range(80))
    assert alarms <= stats.binom.ppf(0.999, 80, 0.01)


def test_half_a_standard_deviation_of_a_sine_is_found():
    """Power: fewer than the .1 % quantile of Binomial(60, .8) would refute .8."""
    rng, wave = np.random.default_rng(8), np.sqrt(0.5) * np.sin(2 * np.pi * np.arange(300) / 25)
    found = sum(oscillation(wave + rng.normal(size=300), np.arange(300)).periodic for _ in range(60))
    assert found >= stats.binom.ppf(0.001, 60, 0.8)


def test_a_drift_has_no_period():
    found = oscillation(np.exp(-STEPS / 1e4), STEPS)
    assert np.isnan(found.period)
    assert found.power_share == 0


def test_uneven_steps_keep_the_period():
    steps = np.sort(np.random.default_rng(2).choice(20_000, 1300, replace=False))
    assert oscillation(np.sin(2 * np.pi * steps / 700), steps).period == pytest.approx(700, rel=0.01)


def test_variation_and_sign_changes_of_a_zigzag():
    zigzag = np.tile([0.0, 1.0], 50)
    found = oscillation(zigzag, 10 * np.arange(100))
    assert found.variation == pytest.approx(1 / 10)
    assert found.sign_changes == 1
    assert sign_changes(np.arange(10)) == 0
    assert sign_changes([0, 0, 1, 1, 0, 0, 1]) == 1


def test_sign_changes_of_white_noise_is_two_thirds():
    assert sign_changes(np.random.default_rng(3).normal(size=200_000)) == pytest.approx(2 / 3, abs=0.005)


def test_constants_points_and_nothing():
    still = oscillation(np.full(100, 7.3), np.arange(100))
    assert (still.deviation, still.variation, still.periodic) == (0, 0, False)
    for values in ([1.0], [np.nan] * 100, np.arange(10.0)):
        short = oscillation(values, np.arange(len(values)))
        assert np.isnan([short.deviation, short.period, short.chance]).all()
        assert not short.periodic


def test_a_dead_tail_is_left_out_and_a_gap_is_not_filled():
    values = sine(20)
    dead = np.where(np.arange(1000) < 600, values, np.nan)
    assert oscillation(dead, STEPS).period == pytest.approx(1000, rel=1e-3)
    gap = values.copy()
    gap[500] = np.nan
    assert np.isnan(oscillation(gap, STEPS).deviation)


def test_steps_must_increase():
    with pytest.raises(ValueError, match="increase"):
        oscillation([1.0, 2.0], [5, 5])


def test_a_swing_is_that_of_the_search_where_there_is_no_period():
    noise = np.random.default_rng(0).normal(size=400)
    assert swing(noise, np.arange(400)) == pytest.approx(oscillation(noise, np.arange(400)).scale_free)
    assert np.isnan(swing(noise[:60], np.arange(60)))
    assert swing(np.full(100, 3.0), np.arange(100)) == 0
