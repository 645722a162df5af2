"""The rank test against full enumeration, SciPy and Fisher."""

from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.stats import Measure, fisher_more, rank_test, reachable, smallest_p
from bench.stats.ranks import assignments, untied

few = st.lists(st.integers(-2, 2), min_size=1, max_size=4)


def wins(x, y):
    return sum((a > b) + 0.5 * (a == b) for a in x for b in y)


def enumerated(strata):
    """P(U* >= U) and P(U* <= U) by looking at every assignment."""
    observed = sum(wins(x, y) for x, y in strata)
    every = []
    for x, y in strata:
        pool = [*x, *y]
        rows = range(len(pool))
        every.append(
            [wins([pool[i] for i in c], [pool[i] for i in rows if i not in c]) for c in combinations(rows, len(x))]
        )
    sums = np.array([sum(u) for u in product(*every)])
    return float(np.mean(sums >= observed)), float(np.mean(sums <= observed))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(few, few), min_size=1, max_size=2))
def test_equals_full_enumeration_with_ties_and_strata(strata):
    found = rank_test(strata)
    assert (found.greater, found.less) == pytest.approx(enumerated(strata), abs=1e-12)
    assert found.wins == sum(wins(x, y) for x, y in strata)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 5), (3, 11), (10, 20), (100, 100)])
def test_equals_scipy_where_nothing_ties(n, m):
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=n) + 0.5, rng.normal(size=m)
    found = rank_test([(x, y)])
    for alternative, p in (("greater", found.greater), ("less", found.less)):
        assert p == pytest.approx(stats.mannwhitneyu(x, y, alternative=alternative, method="exact").pvalue, rel=1e-9)


def test_two_values_are_fishers_table():
    x, y = [0] * 4 + [1] * 6, [0] * 1 + [1] * 11
    assert rank_test([(x, y)]).less == pytest.approx(fisher_more(4, 10, 1, 12), rel=1e-10)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(few, few)
def test_swapping_the_groups_swaps_the_sides(x, y):
    a, b = rank_test([(x, y)]), rank_test([(y, x)])
    assert (a.greater, a.less) == pytest.approx((b.less, b.greater), abs=1e-12)
    assert a.improvement == pytest.approx(1 - b.improvement)


def test_null_is_a_distribution_with_the_known_mean_and_variance():
    """E U = nm/2, Var U = nm (N + 1)/12 without ties (Mann and Whitney 1947)."""
    for n, m in ((5, 20), (40, 40)):
        ways, u = assignments((1,) * (n + m), n), np.arange(2 * n * m + 1) / 2
        pmf = ways / ways.sum()
        assert pmf @ u == pytest.approx(n * m / 2)
        assert pmf @ (u - n * m / 2) ** 2 == pytest.approx(n * m * (n + m + 1) / 12)


def test_the_smallest_p_is_one_over_all_assignments():
    best = rank_test([(np.arange(100, 110), np.arange(20))])
    assert best.greater == pytest.approx(1 / comb(30, 10), rel=1e-9)
    assert smallest_p(10, 20) == pytest.approx(3.3e-8, rel=0.02)
    assert smallest_p(5, 5) == pytest.approx(0.004, rel=0.02)
    assert smallest_p(8, 8) == pytest.approx(7.8e-5, rel=0.01)
    assert smallest_p(5, 20) == pytest.approx(1.9e-5, rel=0.02)


def test_dead_seeds_share_the_worst_rank():
    down = Measure(higher_is_better=False)
    dead, alive = down.orient([1.0, np.nan, np.nan]), down.orient([1e9, 1e9, 1e9])
    assert rank_test([(dead, alive)]).wins == 3
    assert rank_test([(down.orient([np.nan] * 3), down.orient([np.nan] * 4))]).greater == 1
    assert rank_test([(dead, dead)]).improvement == 0.5


def test_a_margin_moves_the_candidate_and_rounding_does_not_break_ties():
    assert rank_test([([0.3], [0.1])], shift=0.2).improvement == 0.5
    assert rank_test([([3, 4], [1, 2])], shift=2).improvement == 0.5
    assert rank_test([([3e-30], [1e-30])], shift=1e-30).improvement == 1


def test_a_seed_that_is_far_off_does_not_tie_the_others():
    """Rounding to 12 digits of the largest value made all but 1e20 one value."""
    far = rank_test([([1.0, 2.0, 3.0, 1e20], [4.0, 5.0, 6.0, 7.0])])
    near = rank_test([([1.0, 2.0, 3.0, 9.0], [4.0, 5.0, 6.0, 7.0])])
    assert far == near
    assert rank_test([([1.0, 1e20], [2.0, -1e20])]) == rank_test([([2.0, 4.0], [3.0, 1.0])])
    assert rank_test([([3e-30, 1.0], [1e-30, 0.5])], shift=1e-31) == rank_test([([3.0, 9.0], [1.0, 8.0])])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(-20, 20), min_size=2, max_size=8), st.integers(-20, 20), st.sampled_from([0.1, 0.3, 1e-9, 7e6])
)
def test_what_rounding_alone_tells_apart_ties_in_every_unit(values, shift, unit):
    """The same question in whole numbers, and in units that are no binary ones."""
    half = len(values) // 2
    x, y = np.array(values[:half], dtype=float), np.array(values[half:], dtype=float)
    assert rank_test([(x * unit, y * unit)], shift * unit) == rank_test([(x, y)], shift)


def test_log_scale_makes_a_factor_a_shift():
    log = Measure(higher_is_better=False, scale="log")
    assert rank_test([(log.orient([1.0]), log.orient([2.0]))], shift=np.log(2)).improvement == 0.5
    assert log.orient([0.0])[0] == np.inf
    with pytest.raises(ValueError, match="negative"):
        log.orient([-0.1])


def test_many_at_once_equal_one_by_one():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 5)), rng.normal(size=(20, 7))
    greater, less = untied(x, y)
    one = [rank_test([pair]) for pair in zip(x, y, strict=True)]
    assert greater == pytest.approx([r.greater for r in one])
    assert less == pytest.approx([r.less for r in one])


def test_level_is_held_with_ties_and_strata():
    """P(p <= .05) <= .05 exactly, whatever the ties: the conditional null is enumerated, so average over it."""
    pool = [[0, 0, 1, 1, 2, 5], [0, 3, 3, 3, 4]]
    every = []
    for a in combinations(range(6), 3):
        for b in combinations(range(5), 2):
            strata = [
                ([v for i, v in enumerate(p) if i in c], [v for i, v in enumerate(p) if i not in c])
                for p, c in zip(pool, (a, b), strict=True)
            ]
            every.append(rank_test(strata).greater)
    for level in (0.01, 0.05, 0.1, 0.5):
        assert np.mean(np.array(every) <= level) <= level


@pytest.mark.parametrize(("strata", "word"), [([], "at least"), ([([], [1])], "at least"), ([([np.nan], [1])], "NaN")])
def test_what_has_no_rank_is_refused(strata, word):
    with pytest.raises(ValueError, match=word):
        rank_test(strata)


@pytest.mark.parametrize(("n", "m", "tests"), [(3, 3, 1), (2, 2, 1), (5, 5, 60), (5, 20, 60), (2, 20, 60)])
def test_a_design_is_reachable_exactly_where_the_test_can_reject(n, m, tests):
    best = rank_test([(np.arange(n) + 100.0, np.arange(m))]).greater
    found = reachable(n, m, 0.05, tests)
    assert found.reachable == (best <= 0.05 / tests)
    grown = reachable(max(n, found.needed), max(m, found.needed), 0.05, tests)
    assert grown.reachable
    if not found.reachable:
        less = found.needed - 1
        assert not reachable(max(n, less), max(m, less), 0.05, tests).reachable
