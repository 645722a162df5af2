"""The rank test and its shift with many seeds: against whole numbers of any length, beyond float64's exact ones."""

from fractions import Fraction
from math import comb, inf
from time import perf_counter

import numpy as np
import pytest
from scipy import stats

from bench.stats import rank_test, reachable, shift, smallest_p
from bench.stats.ranks import choices, untied


def wins(x, y):
    return sum((a > b) + 0.5 * (a == b) for a in x for b in y)


def counted(pool, n):
    """{2U: assignments} in Python's integers, by the generating function of doubled midranks: Π (1 + s q^(2 midrank))."""
    ways = {(0, 0): 1}
    for rank in (2 * stats.rankdata(pool)).astype(int).tolist():
        for (k, total), count in sorted(ways.items(), reverse=True):
            if k < n:
                ways[k + 1, total + rank] = ways.get((k + 1, total + rank), 0) + count
    return {total - n * (n + 1): count for (k, total), count in ways.items() if k == n}


LAWS = {
    "counts": lambda rng, n: rng.binomial(8, 0.8, n),
    "bounded": lambda rng, n: np.minimum(1, rng.normal(size=n) + 0.7),
    "normal": lambda rng, n: rng.normal(size=n),
    "dying": lambda rng, n: np.where(rng.random(n) < 0.2, -np.inf, rng.normal(size=n)),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("n", "m"), [(4, 9), (30, 12), (32, 28)])
def test_equals_counting_in_whole_numbers(law, n, m):
    """Both tails, each to 1e-12 of itself, where counts are exact in float64 (C(13, 4)) and where not (C(60, 28))."""
    rng = np.random.default_rng(n)
    x, y = LAWS[law](rng, n), LAWS[law](rng, m)
    found, every = rank_test([(x, y)]), counted([*x, *y], n)
    observed = round(2 * wins(x, y))
    at_least = Fraction(sum(c for u, c in every.items() if u >= observed), comb(n + m, n))
    at_most = Fraction(sum(c for u, c in every.items() if u <= observed), comb(n + m, n))
    assert (found.greater, found.less) == pytest.approx((float(at_least), float(at_most)), rel=1e-12)


def test_strata_of_many_seeds_add_up_in_whole_numbers():
    rng = np.random.default_rng(3)
    strata = [(LAWS["counts"](rng, n), LAWS["counts"](rng, m)) for n, m in ((20, 30), (9, 7))]
    (one, other), observed = (
        [counted([*x, *y], len(x)) for x, y in strata],
        round(2 * sum(wins(x, y) for x, y in strata)),
    )
    hits = sum(c * d for u, c in one.items() for v, d in other.items() if u + v >= observed)
    exact = Fraction(hits, comb(50, 20) * comb(16, 9))
    assert rank_test(strata).greater == pytest.approx(float(exact), rel=1e-12)


def test_a_p_at_the_level_is_not_rounded_above_it():
    """3 v 3 has 20 assignments, 5 v 1 and 2 v 3 have six and ten: their p are the very floats 1/20, 1/6, 3/10."""
    assert rank_test([([4, 5, 6], [1, 2, 3])]).greater == 0.05
    assert rank_test([([1, 2, 3, 4, 5], [6])]).less == 1 / 6
    assert rank_test([([1, 2.5, 2.5], [2.5, 3])]).less == 3 / 10
    assert untied(np.array([[4.0, 5, 6]]), np.array([[1.0, 2, 3]]))[0] == 0.05


def test_a_thousand_seeds_overflow_nothing():
    n, m = 3, 1100
    assert rank_test([(np.arange(n) - 10.0, np.arange(m))]).less == pytest.approx(1 / comb(n + m, n), rel=1e-12)


@pytest.mark.parametrize("bound", [np.inf, 1.0])
def test_many_seeds_take_no_time(bound):
    """100 v 100, continuous and bounded at 1 (where a third ties): right on both sides of each end. The time is shown."""
    rng = np.random.default_rng(0)
    strata = [(np.minimum(rng.normal(size=100) + 0.7, bound), np.minimum(rng.normal(size=100) + 0.5, bound))]
    began = perf_counter()
    found = shift(strata)
    print(f"shift of 100 v 100, bounded at {bound}: {perf_counter() - began:.2f} s")
    assert rank_test(strata, found.low - 1e-9).greater <= 0.05 < rank_test(strata, found.low + 1e-9).greater
    assert rank_test(strata, found.high + 1e-9).less <= 0.05 < rank_test(strata, found.high - 1e-9).less


@pytest.mark.parametrize(("n", "m"), [(1, 1), (4, 9), (28, 29), (300, 200), (500, 480)])
def test_ways_to_deal_out_groups(n, m):
    assert choices(n, m) == pytest.approx(float(comb(n + m, n)), rel=1e-10)
    assert choices(n, m) == comb(n + m, n) or comb(n + m, n) > 2**53


def test_a_million_seeds_are_many_enough_and_cost_nothing():
    began = perf_counter()
    assert choices(10**6, 10**6) == inf
    found = reachable(10**6, 10**6, tests=5)
    assert (found.smallest_p, found.reachable, found.needed) == (0.0, True, 1)
    assert smallest_p(600, 600) == 0.0 < smallest_p(500, 500) < 1e-290
    assert perf_counter() - began < 60
