"""The gate's own error rates, through `gate` itself, on a mixed suite: normal, skewed, counted and dying cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench.gate import Rule, gate
from bench.gate.baseline import Baseline, BaselineValues
from bench.stats import Measure, clopper_pearson
from bench.suite.waivers import CellMetric

UP, DISTANCE = Measure(higher_is_better=True), Measure(higher_is_better=False, scale="log")
NAN = float("nan")


def normal(rng, n, worse):
    return rng.normal(size=n) - worse


def distance(rng, n, worse):
    return np.exp(0.4 * (rng.normal(size=n) + worse))


def counted(rng, n, worse):
    """Eight modes, most of them covered: ties."""
    return np.clip(np.round(7 + rng.normal(size=n) - worse), 0, 8)


def dying(rng, n, worse):
    """One seed in ten dies."""
    return np.where(rng.random(n) < 0.1, NAN, rng.normal(size=n) - worse)


def fragile(rng, n, worse):
    """Two seeds in five die: deaths and survivors are asked apart."""
    return np.where(rng.random(n) < 0.4, NAN, rng.normal(size=n) - worse)


KINDS = {"normal": (normal, UP), "distance": (distance, DISTANCE), "counted": (counted, UP), "dying": (dying, UP),
         "fragile": (fragile, UP)}  # fmt: skip
EACH = 3
CELLS = [(kind, k) for kind in KINDS for k in range(EACH)]
POOL, SEEDS = 20, 5


def rows(cell, values, first):
    kind, k = cell
    alive = ~np.isnan(values)
    return pd.DataFrame(
        {
            "dataset": kind, "method": f"m{k}", "seed": first + np.arange(len(values)), "step": 1, "kind": "score",
            "name": kind, "value": values, "outcome": np.where(alive, "done", "diverged"),
        }
    )  # fmt: skip


def invocation(rng, shifted=(), worse=0.0):
    """One night: a new baseline, candidates, and a gate that may run fresh seeds."""

    def shift(cell):
        return worse if cell in shifted else 0.0

    pools = {}
    for cell in CELLS:
        draw, measure = KINDS[cell[0]]
        key = CellMetric(cell[0], f"m{cell[1]}", cell[0])
        pools[key] = BaselineValues(key, tuple(draw(rng, POOL, 0.0)), tuple(range(100, 100 + POOL)), measure)

    def run(cell, seeds):
        name = (cell.dataset, int(cell.method[1:]))
        return rows(name, KINDS[name[0]][0](rng, len(seeds), shift(name)), seeds[0])

    candidate = pd.concat([rows(c, KINDS[c[0]][0](rng, SEEDS, shift(c)), 0) for c in CELLS])
    report = gate(candidate, Baseline(pools), dict.fromkeys(KINDS, 0.0), rule=Rule(), run_fresh=run)
    return {(r.key.dataset, int(r.key.method[1:])) for r in report.rows if r.verdict == "regression"}


def false_alarms(nights):
    rng = np.random.default_rng(11)
    return sum(bool(invocation(rng)) for _ in range(nights))


def test_null_invocations_raise_no_more_alarms_than_nominal():
    assert clopper_pearson(false_alarms(60), 60, 0.99).low <= Rule().alpha


@pytest.mark.long
def test_hundreds_of_null_invocations():
    alarms = false_alarms(500)
    assert clopper_pearson(alarms, 500, 0.90).high <= Rule().alpha  # one-sided 95 %: at most nominal


@pytest.mark.long
def test_nulls_at_the_margin_itself():
    """Every cell worse by exactly the margin's nominal half deviation: the edge of what may pass."""
    rng = np.random.default_rng(12)
    cells = [c for c in CELLS if c[0] in ("normal", "distance")]
    alarms = sum(bool(invocation(rng, cells, 0.5)) for _ in range(300))
    assert clopper_pearson(alarms, 300, 0.99).low <= Rule().alpha


@pytest.mark.long
@pytest.mark.parametrize(("worse", "power"), [(2.0, 0.89), (3.0, 0.98)])
def test_shifts_are_found_with_the_stated_power(worse, power):
    rng = np.random.default_rng(13)
    shifted, hits, nights = [("normal", 0), ("distance", 0), ("dying", 0)], 0, 200
    for _ in range(nights):
        found = invocation(rng, shifted, worse)
        hits += sum(cell in found for cell in shifted)
    assert clopper_pearson(hits, 3 * nights, 0.99).high >= power, hits / nights / 3


def test_a_large_shift_is_found_and_nothing_else():
    rng = np.random.default_rng(14)
    shifted = [("normal", 0), ("counted", 1)]
    assert all(invocation(rng, shifted, 5.0) == set(shifted) for _ in range(5))
