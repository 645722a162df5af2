"""Rates, corrections, aggregates, orderings and power against published numbers and other libraries."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bench.stats import (
    benjamini_hochberg,
    clopper_pearson,
    critical_difference,
    fisher_more,
    holm,
    interquartile_mean,
    newcombe,
    performance_profile,
    power,
    probability_of_improvement,
    stratified_bootstrap,
    wilson,
)


def test_holm_of_a_worked_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.01, 0.04], tests=10) == pytest.approx([0.1, 0.36])
    assert holm([]).tolist() == []
    with pytest.raises(ValueError, match="between"):
        holm([np.nan])
    with pytest.raises(ValueError, match="family"):
        holm([0.1, 0.1], tests=1)


def test_holm_keeps_the_familywise_level():
    """20 true nulls, correlated: more alarms than the 99.9 % quantile of Binomial(2000, .05) would refute it."""
    rng = np.random.default_rng(0)
    z = 0.6 * rng.normal(size=(2000, 1)) + 0.8 * rng.normal(size=(2000, 20))
    alarms = sum((holm(p) <= 0.05).any() for p in stats.norm.sf(z))
    assert 0 < alarms <= stats.binom.ppf(0.999, 2000, 0.05)


def test_benjamini_hochberg_of_a_worked_example():
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert len(benjamini_hochberg([])) == 0


def test_intervals_of_shares():
    """Newcombe 1998b, table II, method 10, (a) 56/70 - 48/80: .0524 to .3339."""
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert clopper_pearson(0, 10).high == pytest.approx(1 - 0.025**0.1)
    low, high = wilson(8, 10)
    z = stats.norm.ppf(0.975)
    for edge in (low, high):  # where the score test has exactly z
        assert abs(0.8 - edge) == pytest.approx(z * np.sqrt(edge * (1 - edge) / 10))


def test_fisher_of_the_lady_tasting_tea():
    assert fisher_more(3, 4, 1, 4) == pytest.approx(17 / 70)


def test_interquartile_mean_drops_a_quarter_on_each_side():
    assert interquartile_mean([[0, 1, 2, 3], [4, 5, 6, 1e9]]) == pytest.approx(3.5)
    assert interquartile_mean([[-np.inf, 1, 2, 3]]) == pytest.approx(1.5)


def test_bootstrap_resamples_within_data_sets_only():
    """Two data sets far apart, each without spread: resampling within them can change nothing."""
    found = stratified_bootstrap(interquartile_mean, [[0.0] * 5, [100.0] * 5], np.random.default_rng(0), 200)
    assert found.low == found.value == found.high == 50


def test_bootstrap_width_is_that_of_the_mean():
    rng = np.random.default_rng(0)
    groups = [rng.normal(size=200), rng.normal(size=200) + 5]
    found = stratified_bootstrap(lambda g: float(np.mean(np.concatenate(list(g)))), groups, rng, 2000)
    pooled = np.sqrt(sum(g.var() for g in groups) / 2 / 400)
    assert found.high - found.low == pytest.approx(2 * 1.96 * pooled, rel=0.1)


def test_probability_of_improvement_of_two_normals():
    """Φ(d / √2)."""
    rng = np.random.default_rng(0)
    pairs = [(rng.normal(size=80) + 1, rng.normal(size=80)) for _ in range(3)]
    assert probability_of_improvement(pairs) == pytest.approx(stats.norm.cdf(1 / np.sqrt(2)), abs=0.04)


def test_performance_profile_weighs_data_sets_alike():
    profile = performance_profile([[1.0], [0.0, 0.0, 2.0, -np.inf]], [-1.0, 0.5, 3.0])
    assert profile == pytest.approx([(1 + 0.75) / 2, (1 + 0.25) / 2, 0])


def demsar():
    """Demšar 2006, table 2: AUC of four variants of C4.5 on 14 data sets."""
    return pd.DataFrame(
        [
            [0.763, 0.768, 0.771, 0.798],
            [0.599, 0.591, 0.590, 0.569],
            [0.954, 0.971, 0.968, 0.967],
            [0.628, 0.661, 0.654, 0.657],
            [0.882, 0.888, 0.886, 0.898],
            [0.936, 0.931, 0.916, 0.931],
            [0.661, 0.668, 0.609, 0.685],
            [0.583, 0.583, 0.563, 0.625],
            [0.775, 0.838, 0.866, 0.875],
            [1.000, 1.000, 1.000, 1.000],
            [0.940, 0.962, 0.965, 0.962],
            [0.619, 0.666, 0.614, 0.669],
            [0.972, 0.981, 0.9751, 0.975],
            [0.957, 0.978, 0.946, 0.970],
        ],
        columns=["C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf"],
    )


def test_critical_difference_of_demsar():
    """Ranks 3.143, 2.000, 2.893, 1.964 and CD 1.25, χ² 9.28 uncorrected for ties (Demšar 2006, 3.2.2)."""
    found = critical_difference(demsar())
    assert found.ranks == pytest.approx({"C4.5+m+cf": 1.964, "C4.5+m": 2.0, "C4.5+cf": 2.893, "C4.5": 3.143}, abs=1e-3)
    assert next(iter(found.ranks)) == "C4.5+m+cf"
    assert found.difference == pytest.approx(1.25, abs=0.005)
    assert found.groups == (("C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"),)
    assert found.p == pytest.approx(stats.chi2.sf(9.28 / (1 - 78 / 840), 3), rel=0.01)


def test_critical_difference_groups_and_refusals():
    clear = pd.DataFrame([[3.0, 2.0, 1.0, 0.9]] * 10, columns=list("abcd"))
    assert critical_difference(clear).groups == (("a", "b"), ("b", "c"), ("c", "d"))
    with pytest.raises(ValueError, match="independent data sets"):
        critical_difference(pd.concat([demsar(), demsar()]))
    with pytest.raises(ValueError, match="three methods"):
        critical_difference(demsar().iloc[:, :2])
    with pytest.raises(ValueError, match="every method"):
        critical_difference(demsar().replace(0.599, np.nan))
    assert critical_difference(demsar() * 0).p == 1


def test_power_of_no_effect_is_the_level_and_of_a_large_one_is_one():
    """5 against 5 at .05: the exact test's own level is 12/252 = .0476."""
    rng = np.random.default_rng(0)
    level = power(5, 5, 0.0, rng, repetitions=4000)
    assert level.low <= 12 / 252 <= level.high
    assert power(5, 5, 10.0, rng, repetitions=200).value == 1
    assert power(5, 20, 2.0, rng, margin=2.0, repetitions=2000).low < 0.05
