"""The test of spread against enumeration and SciPy, its level and power by simulation."""

from itertools import combinations
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.stats import clopper_pearson, smallest_spread_p, spread_test
from bench.stats.ranks import snapped
from bench.stats.spread import deviation

few = st.lists(st.integers(-4, 4), min_size=2, max_size=5)
LAWS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy": lambda rng, n: rng.standard_t(3, n),
    "counts": lambda rng, n: rng.binomial(8, 0.8, n).astype(float),
    "bounded": lambda rng, n: np.minimum(1, rng.normal(size=n)),
}
NAN = float("nan")


def mean_deviation(v):
    return np.abs(v - np.median(v)).sum() / (len(v) - 1)


def share(x, y):
    """What orders deals as D(x) / D(y) does, ½ for 0 / 0."""
    a, b = mean_deviation(x), mean_deviation(y)
    return a / (a + b) if a + b else 0.5


def enumerated(x, y):
    """Both p by looking at every deal of the residuals."""
    pool = np.concatenate([x - np.median(x), y - np.median(y)])
    rows = range(len(pool))
    every = np.array([share(pool[list(c)], pool[[i for i in rows if i not in c]]) for c in combinations(rows, len(x))])
    return np.mean(every >= share(x, y) - 1e-9), np.mean(every <= share(x, y) + 1e-9)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(few, few)
def test_equals_full_enumeration_with_ties(x, y):
    whole = enumerated(np.array(x), np.array(y))
    for unit in (1.0, 0.1):  # tenths are no binary numbers: rounding must break no tie
        found = spread_test(np.array(x) * unit, np.array(y) * unit)
        assert (found.more, found.less) == pytest.approx(whole, abs=1e-12)


def test_equals_scipys_permutation_test_of_the_residuals():
    rng = np.random.default_rng(0)
    x, y = 2 * rng.normal(size=6), rng.normal(size=5)
    for alternative in ("greater", "less"):
        theirs = stats.permutation_test(
            (x - np.median(x), y - np.median(y)), share, alternative=alternative, n_resamples=comb(11, 6)
        ).pvalue
        ours = spread_test(x, y)
        assert theirs == pytest.approx(ours.more if alternative == "greater" else ours.less)


def test_drawn_deals_agree_with_all_of_them():
    """9999 of 12 870 + 1 deals, within four standard errors."""
    rng = np.random.default_rng(1)
    x, y = 1.5 * rng.normal(size=8), rng.normal(size=8)
    drawn, whole = spread_test(x, y), spread_test(x, y, permutations=comb(16, 8))
    error = sqrt(whole.more * (1 - whole.more) / 9999)
    assert 0 < abs(drawn.more - whole.more) <= 4 * error
    assert whole.more == pytest.approx(enumerated(x, y)[0], abs=1e-12)


def test_equal_input_gives_equal_output_wherever_it_lies_and_in_any_order_and_unit():
    rng = np.random.default_rng(2)
    x, y = np.round(rng.normal(size=40), 3), np.round(rng.normal(size=30), 3)
    first = spread_test(x, y)
    assert spread_test(x, y) == first
    assert spread_test(rng.permutation(x), rng.permutation(y)) == first
    for other in (spread_test(x + 16, y - 8), spread_test(x * 1e-6, y * 1e-6)):
        assert (other.more, other.less) == (first.more, first.less)
        assert other.ratio == pytest.approx(first.ratio)


def test_dead_seeds_are_left_out():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=12), rng.normal(size=9)
    assert spread_test([*x, NAN, NAN], [NAN, *y]) == spread_test(x, y)


def test_without_scatter_there_is_nothing_to_compare_and_no_crash():
    none = spread_test([0.3] * 40, [0.1 + 0.2] * 30)
    assert (none.more, none.less) == (1, 1)
    assert np.isnan(none.ratio)
    assert (spread_test([0.1, 0.1, 0.3 - 0.2], [7.0, 7.0]).more) == 1  # 0.3 - 0.2 is 0.1 to 12 digits


def test_against_a_constant_pool_p_is_the_chance_that_all_that_differ_are_the_candidates():
    """k of 5 candidates differ from all else: C(5, k) / C(9, k) of the deals give them all to the candidate."""
    for differ in (1, 2):
        found = spread_test([1.0] * (5 - differ) + [0.5, 0.3][:differ], [1.0] * 4)
        assert found.ratio == np.inf
        assert found.more == pytest.approx(comb(5, differ) / comb(9, differ))
        assert found.less == 1
    assert spread_test([1.0] * 4, [1.0, 1.0, 1.0, 0.2]).ratio == 0


@pytest.mark.parametrize(("values", "word"), [([1.0, NAN], "two living"), ([1.0, 2.0, -np.inf], "infinite")])
def test_what_has_no_spread_is_refused(values, word):
    for ask in (lambda v: spread_test(v, [1, 2, 3]), lambda v: spread_test([1, 2, 3], v)):
        with pytest.raises(ValueError, match=word):
            ask(values)


def test_the_smallest_p_is_one_over_the_deals():
    assert spread_test([1, 2, 4, 8], [0.0] * 5).more == pytest.approx(smallest_spread_p(4, 5)) == 1 / comb(9, 4)
    assert spread_test(np.arange(40.0), [0.0] * 30).more == smallest_spread_p(40, 30) == 1e-4
    assert smallest_spread_p(40, 30, 99_999) == 1e-5


def test_ratio_is_that_of_the_scales():
    assert deviation([0, 1, 5]) == (1 + 0 + 4) / 2
    v = LAWS["heavy"](np.random.default_rng(4), 50)
    assert spread_test(3 * v + 1, v).ratio == pytest.approx(3)
    assert spread_test([*v, 1e20], v).ratio == pytest.approx(1e20 / 50 / deviation(v))


def test_a_seed_that_is_far_off_leaves_the_scatter_of_the_others_in_the_test():
    """Rounded to 12 digits of the largest value, two groups of the same scatter and one far seed would be constant."""
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=8), rng.normal(size=8)
    far, less = spread_test([*x, 1e20], [*y, 1e20]), spread_test([*x, 1e14], [*y, 1e14])
    assert (far.more, far.less) == (less.more, less.less)
    assert told_apart([*x, 1e20]) == 9


def told_apart(values):
    """How many values the test tells apart."""
    return len(np.unique(snapped(np.array(values), np.array([]))[0]))


def hits(law, n, m, scale, repetitions, permutations=499):
    """How often "more" and "less" are found at .05, one seed in ten being dead."""
    rng, found = np.random.default_rng(n), np.zeros(2, dtype=int)
    for _ in range(repetitions):
        x, y = np.minimum(scale * law(rng, n), 1 if law is LAWS["bounded"] else np.inf), law(rng, m)
        x[2:], y[2:] = (np.where(rng.random(len(v) - 2) < 0.1, NAN, v[2:]) for v in (x, y))
        test = spread_test(x, y, permutations)
        found += [test.more <= 0.05, test.less <= 0.05]
    return found


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("n", "m"), [(40, 30), (5, 20), (20, 5)])
def test_level_is_held_by_small_unequal_heavy_tied_and_bounded_groups(law, n, m):
    """More alarms than Binomial(500, .05) allows at 99 % would refute it; no alarm at all would be a mute test."""
    for k in hits(LAWS[law], n, m, 1.0, 500):
        assert k > 0
        assert clopper_pearson(int(k), 500, 0.98).low <= 0.05


@pytest.mark.long
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("n", "m"), [(40, 30), (5, 20), (20, 5), (8, 30)])
def test_level_over_thousands_of_nulls(law, n, m):
    for k in hits(LAWS[law], n, m, 1.0, 4000, 1999):
        assert clopper_pearson(int(k), 4000).low <= 0.05


@pytest.mark.parametrize("law", ["normal", "heavy", "bounded"])
def test_three_times_the_spread_is_found(law):
    """40 fresh seeds against a pool of 30."""
    assert hits(LAWS[law], 40, 30, 3.0, 200)[0] / 200 >= 0.8
    assert hits(LAWS[law], 40, 30, 1 / 3, 200)[1] / 200 >= 0.8
