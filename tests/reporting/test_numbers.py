"""Intervals cover what they claim; dead seeds are worst; digits lose nothing that matters."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.reporting.estimates import digits, interval
from bench.reporting.table import Entry, Table, floor, number, one_precision, ranged, word
from bench.stats.medians import estimate, medians, order_interval

FINITE = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3))


@pytest.mark.parametrize("n", [2, 5, 6, 10, 15, 20])
def test_the_interval_covers_the_median_as_often_as_it_says(n: int) -> None:
    found = []
    for row in np.random.default_rng(n).exponential(size=(4000, n)):
        one = estimate(row, higher_is_better=True)
        found.append(one.low <= math.log(2) <= one.high)
    level = order_interval(n)[1]
    assert abs(np.mean(found) - level) < 4 * math.sqrt(level * (1 - level) / 4000) + 1e-9
    assert level >= 0.95 or n < 6


@pytest.mark.parametrize("n", [6, 10, 20, 37])
def test_no_narrower_interval_would_do(n: int) -> None:
    k, level = order_interval(n)
    assert level == pytest.approx(1 - 2 * stats.binom.cdf(k - 1, n, 0.5))
    assert 1 - 2 * stats.binom.cdf(k, n, 0.5) < 0.95


def test_a_single_seed_has_no_interval_and_decides_nothing() -> None:
    one, other = estimate([1.0], True), estimate([0.0], True)
    assert one.level == 0.0
    assert not one.clear_of(other)
    assert interval(one) == "1"


@given(st.lists(FINITE, min_size=1, max_size=12), st.booleans())
def test_killing_a_seed_never_improves_the_median(values: list[float], higher: bool) -> None:
    alive = estimate(values, higher)
    for k in range(len(values)):
        hurt = estimate([*values[:k], math.nan, *values[k + 1 :]], higher)
        assert hurt.failed or (hurt.median <= alive.median if higher else hurt.median >= alive.median)
        assert hurt.dead == 1


@given(st.lists(FINITE, min_size=1, max_size=9), st.integers(0, 9))
def test_half_dead_is_failed(values: list[float], dead: int) -> None:
    found = estimate([*values, *[math.nan] * dead], higher_is_better=False)
    assert found.failed == (dead >= len(values))
    assert found.survivors == pytest.approx(float(np.median(values)))


def test_a_failed_median_never_shows_the_survivors_alone() -> None:
    assert interval(estimate([1.25, math.nan, math.nan], False)) == "failed (survivors 1.25)"
    assert interval(estimate([math.nan] * 3, False)) == "failed"
    assert interval(estimate([0.5, 0.6, 0.7, 0.8, 0.9, math.nan], False)) == "0.75 [0.50, failed]"
    assert interval(estimate([0.51, 0.6, 0.7, 0.8, 0.9, math.nan], True)) == "0.65 [failed, 0.90]"


def test_disjoint_intervals_decide_and_touching_ones_do_not() -> None:
    low, high = estimate(np.arange(10.0), False), estimate(np.arange(20.0, 30.0), False)
    assert low.clear_of(high)
    assert not high.clear_of(low)
    assert not estimate([3.0] * 10, False).clear_of(estimate([3.0] * 10, False))
    assert estimate([3.0] * 10, False).clear_of(estimate([math.nan] * 10, False))
    assert not estimate([math.nan] * 10, False).clear_of(estimate([3.0] * 10, False))


def test_medians_are_the_columns_medians() -> None:
    values = np.random.default_rng(0).normal(size=(7, 5))
    assert medians(values, True) == pytest.approx(np.median(values, axis=0))
    values[:4, 2] = np.nan
    assert np.isnan(medians(values, True)).tolist() == [False, False, True, False, False]


@given(st.floats(1e-300, 1e300), st.booleans())
def test_digits_are_near_the_number(size: float, negative: bool) -> None:
    value = -size if negative else size
    said = digits(value).replace("\u202f", "").replace("−", "-")
    assert float(said) == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (8.0, "8"), (7.5, "7.5"), (0.012345, "0.0123"), (12345.6, "12\u202f346"), (1.2e-7, "1.20e−7"),
     (math.nan, "—"), (math.inf, "∞"), (-0.5, "−0.5")],
)  # fmt: skip
def test_digits_read_well(value: float, text: str) -> None:
    assert digits(value) == text


def texts(*entries: Entry) -> list[str]:
    return [row[1].text for row in one_precision([[word("m"), entry] for entry in entries])]


def test_a_column_has_the_decimals_of_its_least_precise_row() -> None:
    sharp, wide = ranged(0.5312, 0.5301, 0.5349), ranged(0.41, 0.12, 0.83)
    assert (sharp.text, wide.text) == ("0.5312 [0.5301, 0.5349]", "0.41 [0.12, 0.83]")
    assert texts(sharp, wide) == ["0.53 [0.53, 0.53]", "0.41 [0.12, 0.83]"]
    assert texts(number(12.345), number(151.2), number(2.0)) == ["12", "151", "2"]
    assert texts(number(12.345), number(1.5)) == ["12.3", "1.5"]  # a count has no say, and follows


def test_counts_stay_counts() -> None:
    assert texts(ranged(8, 7, 8), ranged(3, 2, 5)) == ["8 [7, 8]", "3 [2, 5]"]
    assert texts(ranged(8, 7, 8), ranged(3.5, 2, 5)) == ["8.0 [7.0, 8.0]", "3.5 [2.0, 5.0]"]
    assert texts(ranged(8, 7, 8), word("incomparable", "muted")) == ["8 [7, 8]", "incomparable"]


def test_no_number_becomes_nothing() -> None:
    """Sizes that are decades apart keep their own decimals, and what is written with an exponent does too."""
    small, large = number(0.00123), number(45.6)
    assert texts(small, large) == ["0.00123", "45.6"]
    assert texts(number(3e9), number(45.61), number(4.562)) == ["3.00e9", "45.6", "4.6"]
    assert texts(number(0.0), number(0.0321)) == ["0.0000", "0.0321"]
    assert texts(ranged(0.03, -0.012, 0.2), ranged(0.2, 0.0, 0.9)) == ["0.03 [−0.01, 0.20]", "0.20 [0.00, 0.90]"]


def test_dead_ends_stay_dead_and_real_data_follows() -> None:
    assert texts(ranged(0.75, 0.5, math.nan), ranged(0.123, 0.121, 0.125)) == [
        "0.75 [0.50, failed]",
        "0.12 [0.12, 0.12]",
    ]
    assert texts(ranged(0.75, 0.5, 0.9), floor(0.98765)) == ["0.75 [0.50, 0.90]", "0.99"]
    assert texts(ranged(7.5123, 5.0, 9.1), floor(0.00123)) == ["7.5 [5.0, 9.1]", "0.00123"]


def test_rows_of_unlike_quantities_keep_their_own() -> None:
    rows = [[word("rate"), number(0.5312)], [word("steps"), number(151.7)]]
    assert [row[1].text for row in Table("k", "t", ["a", "b"], rows, mixed=True).rows] == ["0.531", "152"]
    assert [row[1].text for row in Table("k", "t", ["a", "b"], rows).rows] == ["1", "152"]
    csv = Table("k", "t", ["a", "b"], rows).csv().splitlines()
    assert csv[1:] == ["rate,0.5312", "steps,151.7"]  # files for programs have every digit
