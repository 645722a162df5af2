"""How often the gate errs, by simulation of whole nights: 60 tests, 20 baseline seeds, three cells truly shifted.

Standard deviations of 1, baselines drawn anew each night. `STATED`: the numbers the design was chosen for, rounded.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from bench.gate import Rule, Values, calibrate, margin
from bench.gate.baseline import Baseline, BaselineValues
from bench.gate.planted import dying, shifted
from bench.stats import Measure, clopper_pearson, holm
from bench.suite.waivers import CellMetric

CELLS, POOL, SHIFTED = 60, 20, 3
UP = Measure(higher_is_better=True)


@dataclass(frozen=True)
class Plan:
    """A rule for a night."""

    n: int
    sds: float = 0.0
    correct: bool = True
    fresh: int = 0  # 0: the candidate's own seeds decide
    family: str = "invocation"  # or "confirmed": Holm over the confirmed tests only


def night(plan, rng, shift, shifted=SHIFTED):
    """Which cells end as regressions, and the runs it took."""
    truth = np.where(np.arange(CELLS) < shifted, -shift, 0.0)
    p, screened = np.ones(CELLS), 0
    asked = []
    for k in range(CELLS):
        pool = BaselineValues(CellMetric("d", str(k), "x"), tuple(rng.normal(size=POOL)), tuple(range(POOL)), UP)
        question = Values(pool.key, pool, margin(pool, 0.0, Rule(sds=plan.sds)))
        p[k] = question.worse(rng.normal(size=plan.n) + truth[k])
        asked.append(question)
    if not plan.fresh:
        return (holm(p) if plan.correct else p) <= Rule().alpha, CELLS * plan.n
    again = np.flatnonzero(p <= Rule().screen)
    screened = len(again)
    confirmed = [asked[k].worse(rng.normal(size=plan.fresh) + truth[k]) for k in again]
    worse = np.zeros(CELLS, dtype=bool)
    worse[again] = holm(confirmed, CELLS if plan.family == "invocation" else None) <= Rule().alpha
    return worse, CELLS * plan.n + plan.fresh * screened


RAW, HOLM, MANY = Plan(5, correct=False), Plan(5), Plan(15, 0.5)
CONFIRMED_ONLY, GATE = Plan(5, 0.5, fresh=10, family="confirmed"), Plan(5, 0.5, fresh=Rule().fresh)
STATED = [  # rule, shift in SD, P(any false alarm), power
    (RAW, 2, 0.95, 0.98),
    (HOLM, 2, 0.05, 0.56),
    (HOLM, 3, 0.05, 0.96),
    (MANY, 2, 0.00, 0.78),
    (CONFIRMED_ONLY, 2, 0.005, 0.89),
]
ROUNDING = 0.005


def agrees(stated, hits, of):
    """Whether a rounded number lies within the 99.9 % Clopper-Pearson interval of what was simulated."""
    low, high = clopper_pearson(hits, of, 0.999)
    return low - ROUNDING <= stated <= high + ROUNDING


def check_table(nights):
    for plan, shift, false_alarm, power in STATED:
        rng = np.random.default_rng(7)
        worse = np.array([night(plan, rng, shift)[0] for _ in range(nights)])
        assert agrees(false_alarm, int(worse[:, SHIFTED:].any(axis=1).sum()), nights), (plan, shift, "false alarm")
        # the three shifted cells of a night are independent: own baselines, own seeds
        assert agrees(power, int(worse[:, :SHIFTED].sum()), nights * SHIFTED), (plan, shift, "power")


def test_the_table_of_rules_quickly():
    check_table(150)


@pytest.mark.long
def test_the_table_of_rules():
    check_table(1500)


def check_family(nights):
    """All cells exactly at the margin: the null's edge, where a rule's level shows.

    Margins are estimated from the pools, so the simulated edge is the margin on average.
    """
    alarms = {}
    for plan in (GATE, CONFIRMED_ONLY):
        rng = np.random.default_rng(3)
        alarms[plan.family] = sum(bool(night(plan, rng, 0.5, shifted=CELLS)[0].any()) for _ in range(nights))
    return alarms


def test_holm_over_the_whole_invocation_holds_the_level_and_over_the_confirmed_alone_does_not():
    """The fresh seeds meet the baseline draw that the screen picked as lucky: a family of the picked is too small."""
    alarms = check_family(120)
    assert clopper_pearson(alarms["invocation"], 120, 0.99).low <= 0.05
    assert clopper_pearson(alarms["confirmed"], 120, 0.99).low > 0.05


def test_runs_of_a_quiet_and_a_busy_night():
    rng = np.random.default_rng(0)
    quiet = np.mean([night(GATE, rng, 0)[1] for _ in range(40)])
    busy = np.mean([night(GATE, rng, 3)[1] for _ in range(40)])
    assert 300 <= quiet <= 360
    assert quiet + 80 <= busy <= 500


@pytest.mark.long
def test_power_of_the_gate_as_built():
    """Holm over all 60 tests: .89 at 2 SD or better, and practically everything at 3 SD."""
    rng = np.random.default_rng(1)
    for shift, power in ((2, 0.90), (3, 1.0)):
        worse = np.array([night(GATE, rng, shift)[0] for _ in range(1000)])
        assert agrees(power, int(worse[:, :SHIFTED].sum()), 1000 * SHIFTED)
        assert clopper_pearson(int(worse[:, SHIFTED:].any(axis=1).sum()), 1000).low <= 0.05


def test_calibration_finds_the_level_and_the_power():
    rng = np.random.default_rng(0)
    pools = {}
    for k in range(4):
        pool = BaselineValues(CellMetric("d", str(k), "x"), tuple(rng.normal(size=30)), tuple(range(30)), UP)
        pools[pool.key] = pool
    changes = {"0.5 SD": partial(shifted, 0.5), "4 SD": partial(shifted, 4.0), "half dying": partial(dying, 0.5)}
    found = calibrate(Baseline(pools), {"x": 0.0}, rng, repetitions=150, changes=changes)
    assert found.tests == 12  # deaths, values and scatter of four cells
    assert found.false_alarm <= found.false_alarm_bound
    assert clopper_pearson(round(found.false_alarm * 150), 150, 0.99).low <= 0.05
    assert found.power["0.5 SD"] < found.power["4 SD"]
    assert min(found.power_bound["4 SD"], found.power_bound["half dying"]) > 0.9
    assert found.plain()["repetitions"] == 150
    with pytest.raises(ValueError, match="20 seeds or more"):
        calibrate(
            Baseline({p.key: BaselineValues(p.key, p.values[:9], p.seeds[:9], UP) for p in pools.values()}),
            {"x": 0},
            rng,
        )
