"""The shift agrees with its own test and covers what it says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.stats import rank_test, shift

group = st.lists(st.integers(-5, 5), min_size=3, max_size=6)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(group, group, st.integers(-12, 12))
def test_interval_and_test_say_the_same(x, y, margin):
    strata = [(x, y)]
    found, test = shift(strata, 0.1), rank_test(strata, margin)
    if margin < found.low:
        assert test.greater <= 0.1
    if found.low < margin:
        assert test.greater > 0.1
    if margin > found.high:
        assert test.less <= 0.1
    if margin < found.high:
        assert test.less > 0.1
    assert found.low <= found.estimate <= found.high


def scanned(strata, alpha):
    """The interval by its definition: the test asked at every difference and between any two, one after another."""
    gaps = np.unique([float(a - b) for x, y in strata for a in x for b in y])
    spots = np.sort(np.concatenate([gaps, (gaps[:-1] + gaps[1:]) / 2, [gaps[0] - 1, gaps[-1] + 1]]))
    tests = [rank_test(strata, s) for s in spots]
    rejected = spots[[t.greater <= alpha for t in tests]], spots[[t.less <= alpha for t in tests]]
    low = gaps[gaps >= rejected[0].max()].min(initial=np.inf) if len(rejected[0]) else -np.inf
    high = gaps[gaps <= rejected[1].min()].max(initial=-np.inf) if len(rejected[1]) else np.inf
    return low, high


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.tuples(group, group), min_size=1, max_size=2), st.sampled_from([0.02, 0.05, 0.1, 0.3]))
def test_the_search_finds_what_a_scan_of_all_shifts_finds(strata, alpha):
    found = shift(strata, alpha)
    assert (found.low, found.high) == scanned(strata, alpha)


def test_estimate_is_the_median_difference_within_strata():
    x, y = np.array([1.0, 4.0, 9.0]), np.array([0.0, 2.0])
    assert shift([(x, y)]).estimate == np.median(x[:, None] - y)
    assert shift([(x, y), (x + 100, y + 100)]).estimate == np.median(x[:, None] - y)


def test_a_shift_of_the_data_shifts_the_interval():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=8), rng.normal(size=9)
    a, b = shift([(x, y)]), shift([(x + 2.5, y)])
    assert (b.estimate, b.low, b.high) == pytest.approx((a.estimate + 2.5, a.low + 2.5, a.high + 2.5))


def test_the_interval_covers():
    """Each end misses in at most 5 %: more misses than the 99.9 % quantile of Binomial(400, .05) would refute it."""
    rng = np.random.default_rng(1)
    over = under = 0
    for _ in range(400):
        found = shift([(rng.standard_cauchy(6) + 1, rng.standard_cauchy(8))])
        over += found.low > 1
        under += found.high < 1
    assert max(over, under) <= stats.binom.ppf(0.999, 400, 0.05)
    assert over + under > 0


def test_deaths_give_infinite_ends_not_imputed_numbers():
    dead = -np.inf
    found = shift([([dead] * 4 + [1.0], [1.0, 2.0, 3.0, 4.0, 5.0])])
    assert found.estimate == -np.inf
    assert found.low == -np.inf
    assert np.isnan(shift([([dead], [dead])]).estimate)
    assert shift([([5.0] * 6, [dead] * 6)]).low == np.inf


def test_too_few_seeds_know_nothing():
    found = shift([([1.0, 2.0], [3.0, 4.0])], 0.05)
    assert (found.low, found.high) == (-np.inf, np.inf)
