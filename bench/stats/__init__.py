"""Statistics of seeds: exact tests, intervals, aggregates and designs. Larger is better (`Measure.orient`).

May import: plugins.
"""

from bench.stats.aggregates import (
    Estimate,
    improvement_interval,
    interquartile_mean,
    performance_profile,
    probability_of_improvement,
    profile_shares,
    stratified_bootstrap,
    time_profile,
    time_ratios,
)
from bench.stats.design import Design, power, reachable, smallest_p
from bench.stats.measure import Measure
from bench.stats.multiplicity import benjamini_hochberg, holm
from bench.stats.ordering import CriticalDifference, critical_difference
from bench.stats.ranks import RankTest, rank_test
from bench.stats.rates import Interval, clopper_pearson, fisher_more, newcombe, wilson
from bench.stats.scale import q_n, robust_sd
from bench.stats.shift import Shift, shift
from bench.stats.spread import SpreadTest, smallest_spread_p, spread_test

__all__ = [
    "CriticalDifference",
    "Design",
    "Estimate",
    "Interval",
    "Measure",
    "RankTest",
    "Shift",
    "SpreadTest",
    "benjamini_hochberg",
    "clopper_pearson",
    "critical_difference",
    "fisher_more",
    "holm",
    "improvement_interval",
    "interquartile_mean",
    "newcombe",
    "performance_profile",
    "power",
    "probability_of_improvement",
    "profile_shares",
    "q_n",
    "rank_test",
    "reachable",
    "robust_sd",
    "shift",
    "smallest_p",
    "smallest_spread_p",
    "spread_test",
    "stratified_bootstrap",
    "time_profile",
    "time_ratios",
    "wilson",
]
