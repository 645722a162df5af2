"""How often the gate errs, measured on the baseline itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bench.baseline import Baseline, Pool
from bench.gate.rule import DEFAULT, Question, Rule, questions
from bench.stats import clopper_pearson, holm
from bench.stats.measure import Floats


@dataclass(frozen=True)
class Calibration:
    """What `calibrate` measures, for one invocation over all gating lines."""

    tests: int
    repetitions: int
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

    A split plays n seeds as the candidate against the others, a second one `rule.fresh` seeds as the confirmation;
    the margins are those of the whole pools. Splits of one pool are not independent of one another: the bounds speak
    about these pools. Tests are smaller than in use (the pool lacks the seeds that play), so the power is on the low
    side. Raises ValueError where no pool is large enough to be split.
    """
    pools = [p for k, p in sorted(baseline.pools.items()) if k.metric in within]
    asked = [q for p in pools for q in questions(p, within[p.key.metric], rule) if len(p.values) > max(n, rule.fresh)]
    if not asked:
        raise ValueError(f"no pool has more than {max(n, rule.fresh)} seeds; nothing can be split")
    alarms = sum(any(_invocation(asked, n, rule, rng)) for _ in range(repetitions))
    power, bound = {}, {}
    for size in shifts:
        hits = 0
        for _ in range(repetitions):
            target = int(rng.integers(len(asked)))
            hits += _invocation(asked, n, rule, rng, target, size)[target]
        power[f"{size:g}"] = hits / repetitions
        bound[f"{size:g}"] = clopper_pearson(hits, repetitions, 0.90).low
    high = clopper_pearson(alarms, repetitions, 0.90).high
    return Calibration(len(asked), repetitions, alarms / repetitions, high, power, bound)


def _invocation(
    asked: Sequence[Question], n: int, rule: Rule, rng: np.random.Generator, target: int = -1, size: float = 0.0
) -> list[bool]:
    """Which questions end in a regression, candidates drawn from the pools; the target's are worse by `size` SDs."""
    p = np.ones(len(asked))
    for k, question in enumerate(asked):
        shift = size if k == target else 0.0
        if _split(question, n, shift, rng) <= rule.screen:
            p[k] = _split(question, rule.fresh, shift, rng)
    return [bool(x) for x in holm(p) <= rule.alpha]


def _split(question: Question, n: int, shift: float, rng: np.random.Generator) -> float:
    pool = question.pool
    rows = rng.permutation(len(pool.values))
    rest = Pool(pool.key, tuple(pool.values[i] for i in rows[n:]), tuple(pool.seeds[i] for i in rows[n:]), pool.measure)
    against = Question(question.key, question.kind, rest, question.margin)
    values = _worsened(pool, pool.array[rows[:n]], shift)
    if not against.speaks_of(values) or not against.speaks_of(rest.array):
        return 1.0
    return against.worse(values)


def _worsened(pool: Pool, values: Floats, sds: float) -> Floats:
    """Values as measured, worse by so many standard deviations of the pool on its oriented scale."""
    if sds == 0:
        return values
    oriented = pool.measure.orient(pool.array)
    spread = float(np.std(oriented[np.isfinite(oriented)], ddof=1))
    sign = -1.0 if pool.measure.higher_is_better else 1.0
    if pool.measure.scale == "log":
        return np.asarray(values * np.exp(sign * sds * spread), dtype=np.float64)
    return values + sign * sds * spread
