"""How often the gate errs, measured on the baseline itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from bench.gate.baseline import Baseline, BaselineValues
from bench.gate.checks import GateCheck, checks_of
from bench.gate.planted import CHANGES, Change
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
    power: Mapping[str, float]  # what changes in one cell -> share of invocations that find it
    power_bound: Mapping[str, float]  # Clopper-Pearson, one-sided 95 %, from below

    def plain(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Line:
    """A line of the baseline, and what is asked of it."""

    pool: BaselineValues
    asked: Sequence[GateCheck]


def calibrate(
    baseline: Baseline,
    within: Mapping[str, float],
    rng: np.random.Generator,
    *,
    n: int = 10,
    rule: Rule = DEFAULT,
    repetitions: int = 500,
    changes: Mapping[str, Change] = CHANGES,
) -> Calibration:
    """False alarms by random A/A splits of every pool, power by a change planted in one cell at a time.

    A split plays n seeds as the candidate, as many more as a confirmation asks for, but no more than half of the pool in
    all, and the others as the baseline. Splits of one pool are not independent of one another: the bound speaks about
    these pools. The power is that of the sizes in use: baseline, candidate and fresh seeds are drawn from the pool with
    replacement, those of the candidate changed. Margins are those of the whole pools. Raises ValueError where no pool is
    large enough to be split.
    """
    pools = [p for k, p in sorted(baseline.pools.items()) if k.metric in within and len(p.values) >= 2 * n]
    lines = [Line(p, checks_of(p, within[p.key.metric], rule)) for p in pools]
    tests = sum(len(line.asked) for line in lines)
    if not tests:
        raise ValueError(f"no pool has {2 * n} seeds or more; nothing can be split")
    alarms = sum(_alarm(lines, tests, n, rule, rng) for _ in range(repetitions))
    power, bound = {}, {}
    for what, change in changes.items():
        hits = sum(
            _found(lines[int(rng.integers(len(lines)))], tests, n, rule, rng, change) for _ in range(repetitions)
        )
        power[what] = hits / repetitions
        bound[what] = clopper_pearson(hits, repetitions, 0.90).low
    high = clopper_pearson(alarms, repetitions, 0.90).high
    return Calibration(tests, repetitions, dict(within), n, rule.fresh, alarms / repetitions, high, power, bound)


class Answer(NamedTuple):
    """What a question came to."""

    p: float  # 1 where the first seeds pass the screen
    fresh: int  # seeds run again for it


def screened(asked: Sequence[GateCheck], values: Floats, base: Floats, n: int, rule: Rule) -> list[Answer]:
    """Every question asked of the first n seeds, and where these look worse of the fresh ones with them."""
    out = []
    for question in asked:
        fresh = (
            rule.fresh_of(question.kind) if _worse(question, values[:n], base) <= rule.screen_of(question.kind) else 0
        )
        out.append(Answer(_worse(question, values[: n + fresh], base) if fresh else 1.0, fresh))
    return out


def _alarm(lines: Sequence[Line], tests: int, n: int, rule: Rule, rng: np.random.Generator) -> bool:
    """Whether any question ends in a regression where nothing has changed."""
    p: list[float] = []
    for line in lines:
        dealt = rng.permutation(line.pool.array)
        size = min(n + max(rule.fresh, rule.fresh_failures), len(dealt) // 2)
        p += [one.p for one in screened(line.asked, dealt[:size], dealt[size:], n, rule)]
    return bool((holm(p, tests) <= rule.alpha).any())


def _found(line: Line, tests: int, n: int, rule: Rule, rng: np.random.Generator, change: Change) -> bool:
    """Whether a cell that is worse is found, the others being as they were (p = 1, the hardest case for Holm)."""
    pool = line.pool.array
    drawn = rng.choice(pool, n + max(rule.fresh, rule.fresh_failures))
    told = screened(line.asked, change(line.pool, drawn, rng), rng.choice(pool, len(pool)), n, rule)
    p = [one.p for one in told]
    return bool((holm(p, tests) <= rule.alpha).any())


def _worse(question: GateCheck, values: Floats, base: Floats) -> float:
    pool = question.pool
    against = replace(question, pool=replace(pool, values=tuple(base), seeds=tuple(range(len(base)))))
    if not against.speaks_of(values) or not against.speaks_of(base):
        return 1.0
    return against.worse(values)
