"""Change points in numbers whose truth is known, and p-values against every order."""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import pytest
from scipy import stats

from bench.gate import change_point
from bench.gate.change_point import LEAST, change, nights_needed, p_value, smallest_p
from bench.stats import Measure, clopper_pearson

UP, DOWN = Measure(higher_is_better=True), Measure(higher_is_better=False)


def test_a_change_is_placed_and_turned_the_right_way():
    rng = np.random.default_rng(0)
    nights = np.concatenate([rng.normal(size=12), rng.normal(size=9) + 5])
    found = change(nights, UP)
    assert found is not None
    assert (found.at, found.better) == (12, True)
    assert found.first <= 12 <= found.last
    assert found.p < 0.01
    worse = change(nights, DOWN)
    assert worse is not None
    assert (worse.at, worse.better, worse.p) == (12, False, found.p)
    assert (found.before, found.after) == (np.median(nights[:12]), np.median(nights[12:]))


@pytest.mark.parametrize("nights", [12, 20])  # every order counts, and drawn ones
@pytest.mark.parametrize("tied", [False, True])
def test_steady_nights_change_as_seldom_as_alpha_says(nights, tied):
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(300):
        values = rng.binomial(5, 0.2, nights) / 5 if tied else rng.normal(size=nights)
        found = change(values, UP)
        alarms += found is not None and found.p <= 0.05
    assert clopper_pearson(alarms, 300, 0.99).low <= 0.05
    assert alarms > 0


def test_the_interval_holds_the_true_place_about_as_often_as_said():
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(150):
        found = change(np.concatenate([rng.normal(size=15), rng.normal(size=15) + 1.5]), UP, permutations=19)
        assert found is not None
        held += found.first <= 15 <= found.last
    assert held >= stats.binom.ppf(0.001, 150, 0.85)  # the interval is an approximation of 95 %


def test_the_split_is_scipys_rank_sum_at_every_place():
    """|U_t| standardised is the normal score of Wilcoxon's rank-sum test without its continuity correction."""
    nights = np.random.default_rng(3).normal(size=10)
    curve = change_point._curve(stats.rankdata(nights)[None])[0]
    for k, value in enumerate(curve, start=LEAST):
        assert value == pytest.approx(abs(stats.ranksums(nights[:k], nights[k:]).statistic))


@pytest.mark.parametrize("values", [[3, 1, 2, 7, 5, 6, 8], [1, 1, 1, 2, 2, 2, 2], [0, 0, 1, 0, 3, 3, 1]])
def test_p_is_the_share_of_all_orders(values):
    ranks = stats.rankdata(values)
    largest = change_point._curve(ranks[None]).max()
    orders = np.array(list(permutations(ranks)))
    reached = (change_point._curve(orders).max(axis=1) >= largest - 1e-9).sum()
    assert p_value(ranks, largest, 99) == pytest.approx(reached / factorial(7), abs=0)


def test_drawn_orders_agree_with_all_orders(monkeypatch):
    ranks = stats.rankdata(np.random.default_rng(5).normal(size=13) + 2 * (np.arange(13) > 6))
    largest = float(change_point._curve(ranks[None]).max())
    exact = p_value(ranks, largest, 99_999)
    monkeypatch.setattr(change_point, "ALL_ORDERS", 0)
    monkeypatch.setattr(change_point, "ENOUGH", 10**9)
    drawn = p_value(ranks, largest, 99_999)
    assert 0.001 < exact < 0.05
    assert clopper_pearson(round(drawn * 100_000) - 1, 99_999, 0.999).low <= exact
    assert clopper_pearson(round(drawn * 100_000) - 1, 99_999, 0.999).high >= exact


def test_a_hopeless_series_stops_and_a_clear_one_has_the_least_p():
    flat = np.tile([1.0, 2.0], 15)
    hopeless = change(flat, UP)
    assert hopeless is not None
    assert hopeless.p > 0.1
    assert 50 / hopeless.p == pytest.approx(round(50 / hopeless.p))  # 50 of so many drawn ones
    clear = change(np.arange(30.0), UP, permutations=4999)
    assert clear is not None
    assert clear.p == 1 / 5000


@pytest.mark.parametrize("nights", [6, 7, 8, 9])
def test_the_smallest_p_is_that_of_parted_halves(nights):
    found = change(np.arange(float(nights)), UP)
    assert found is not None
    assert found.p == pytest.approx(smallest_p(nights))


def test_how_many_nights_a_level_needs():
    assert [nights_needed(level) for level in (0.05, 0.05 / 20, 0.05 / 300)] == [8, 12, 16]
    assert smallest_p(6) == pytest.approx(0.1)  # six nights, from which a change was once said to show
    assert smallest_p(5) == 1


def test_too_few_or_equal_nights_say_nothing():
    assert change(np.arange(5.0), UP) is None
    assert change(np.ones(20), UP) is None


@pytest.mark.parametrize(("after", "better"), [(1.02, True), (0.4, False), (3.0, False)])
def test_of_a_two_sided_metric_nearer_to_real_data_is_better(after, better):
    rng = np.random.default_rng(6)
    nights = np.concatenate([1.5 + 0.01 * rng.normal(size=8), after + 0.01 * rng.normal(size=8)])
    found = change(nights, Measure(higher_is_better=False, target=1.0))
    assert found is not None
    assert (found.at, found.better) == (8, better)
    mirrored = change(np.concatenate([nights[:8], 2 - nights[:8]]), Measure(higher_is_better=False, target=1.0))
    assert mirrored is not None  # as far from real data as before, on its other side
    assert mirrored.p < 0.01


def test_a_middle_that_is_a_dead_night_is_no_number():
    found = change(np.array([1.0, 2, 3, 2, 1, 2, 3, np.nan, np.nan, np.nan, 1, np.nan]), UP)
    assert found is not None
    assert np.isnan(found.after)
    assert not found.better
