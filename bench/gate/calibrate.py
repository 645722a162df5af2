"""How often the gate errs, measured on the baseline itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from bench.gate.baseline import Baseline, BaselineValues
from bench.gate.checks import GateCheck, Ranked, checks_of
from bench.gate.rule import DEFAULT, Rule
from bench.stats import clopper_pearson, holm
from bench.stats.measure import Floats


@dataclass(frozen=True)
class Calibration:
    """What `calibrate` measures, for one invocation over all gating lines."""

    tests: int
    repetitions: int
    within: Mapping[str, float]  # the metrics that gate, and their margins
    n: int  # seeds of the candidate
    fresh: int  # seeds of a confirmation
    false_alarm: float  # share of A/A invocations with any regression
    false_alarm_bound: float  # Clopper-Pearson, one-sided 95 %
    power: Mapping[str, float]  # shift of one cell in SDs -> share of invocations that find it
    power_bound: Mapping[str, float]  # Clopper-Pearson, one-sided 95 %, from below

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def calibrate(
    baseline: Baseline,
    within: Mapping[str, float],
    rng: np.random.Generator,
    *,
    n: int = 5,
    rule: Rule = DEFAULT,
    repetitions: int = 500,
    shifts: Sequence[float] = (1.0, 2.0, 3.0),
) -> Calibration:
    """False alarms by random A/A splits of every pool, power by a shift injected into one cell at a time.

    A split plays n seeds as the candidate against the others, and a second one plays `rule.fresh` seeds as the
    confirmation, or half of the pool where that is less. Splits of one pool are not independent of one another: the
    bound speaks about these pools. The power is that of the sizes in use: baseline, candidate and fresh seeds are drawn
    from the pool with replacement, those of the candidate worse by the shift. Margins are those of the whole pools.
    Raises ValueError where no pool is large enough to be split.
    """
    pools = [p for k, p in sorted(baseline.pools.items()) if k.metric in within]
    asked = [q for p in pools for q in checks_of(p, within[p.key.metric], rule) if len(p.values) >= 2 * n]
    if not asked:
        raise ValueError(f"no pool has {2 * n} seeds or more; nothing can be split")
    alarms = sum(any(_invocation(asked, n, rule, rng)) for _ in range(repetitions))
    power, bound = {}, {}
    moved = [
        k for k, question in enumerate(asked) if isinstance(question, Ranked)
    ]  # a shift is no death and no scatter
    for size in shifts:
        hits = sum(_found(asked, moved[int(rng.integers(len(moved)))], n, rule, rng, size) for _ in range(repetitions))
        power[f"{size:g}"] = hits / repetitions
        bound[f"{size:g}"] = clopper_pearson(hits, repetitions, 0.90).low
    high = clopper_pearson(alarms, repetitions, 0.90).high
    sizes = (dict(within), n, rule.fresh)
    return Calibration(len(asked), repetitions, *sizes, alarms / repetitions, high, power, bound)


def _invocation(asked: Sequence[GateCheck], n: int, rule: Rule, rng: np.random.Generator) -> list[bool]:
    """Which questions end in a regression where nothing has changed."""
    p = np.ones(len(asked))
    for k, question in enumerate(asked):
        if _split(question, n, rng) <= rule.screen:
            p[k] = _split(question, min(rule.fresh, len(question.pool.values) // 2), rng)
    return [bool(x) for x in holm(p) <= rule.alpha]


def _split(question: GateCheck, n: int, rng: np.random.Generator) -> float:
    pool = question.pool
    rows = rng.permutation(len(pool.values))
    return _worse(question, pool.array[rows[:n]], pool.array[rows[n:]])


def _found(asked: Sequence[GateCheck], target: int, n: int, rule: Rule, rng: np.random.Generator, sds: float) -> bool:
    """Whether one cell that is worse is found, the others being as they were (p = 1, the hardest case for Holm)."""
    question = asked[target]
    pool = question.pool.array
    base = rng.choice(pool, len(pool))
    if _worse(question, _worsened(question.pool, rng.choice(pool, n), sds), base) > rule.screen:
        return False
    p = _worse(question, _worsened(question.pool, rng.choice(pool, rule.fresh), sds), base)
    return bool(holm([p], len(asked))[0] <= rule.alpha)


def _worse(question: GateCheck, values: Floats, base: Floats) -> float:
    pool = question.pool
    against = replace(question, pool=replace(pool, values=tuple(base), seeds=tuple(range(len(base)))))
    if not against.speaks_of(values) or not against.speaks_of(base):
        return 1.0
    return against.worse(values)


def _worsened(pool: BaselineValues, values: Floats, sds: float) -> Floats:
    """Values as measured, worse by so many standard deviations of the pool on its oriented scale."""
    if sds == 0:
        return values
    oriented = pool.measure.orient(pool.array)
    spread = float(np.std(oriented[np.isfinite(oriented)], ddof=1))
    sign = -1.0 if pool.measure.higher_is_better else 1.0
    if pool.measure.scale == "log":
        return np.asarray(values * np.exp(sign * sds * spread), dtype=np.float64)
    return values + sign * sds * spread
