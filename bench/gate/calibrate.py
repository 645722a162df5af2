"""How often the gate errs, measured on the baseline itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from bench.gate.baseline import Baseline, BaselineValues
from bench.gate.changes import Cell
from bench.gate.checks import GateCheck
from bench.gate.planted import CHANGES, Change
from bench.gate.questions import Line, checks_of, lines_of
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
    """False alarms by random A/A splits of every cell, power by a change planted in one at a time.

    A split plays n seeds as the candidate, as many more as a confirmation asks for, but no more than half of the pool in
    all, and the others as the baseline. Splits of one cell are not independent of one another: the bound speaks about
    these pools. The power is that of the sizes in use: baseline, candidate and fresh seeds are drawn from the pool with
    replacement, those of the candidate changed. Margins are those of the whole pools. Raises ValueError where no pool is
    large enough to be split.
    """
    cells = cells_of([line for line in lines_of(baseline, within) if len(line.pool.values) >= 2 * n], rule)
    tests = sum(cell.tests for cell in cells)
    if not tests:
        raise ValueError(f"no pool has {2 * n} seeds or more; nothing can be split")
    alarms = sum(_alarm(cells, tests, n, rule, rng) for _ in range(repetitions))
    power, bound = {}, {}
    for what, change in changes.items():
        hits = sum(
            _found(cells[int(rng.integers(len(cells)))], tests, n, rule, rng, change) for _ in range(repetitions)
        )
        power[what] = hits / repetitions
        bound[what] = clopper_pearson(hits, repetitions, 0.90).low
    high = clopper_pearson(alarms, repetitions, 0.90).high
    return Calibration(tests, repetitions, dict(within), n, rule.fresh, alarms / repetitions, high, power, bound)


class Answer(NamedTuple):
    """What a question came to."""

    p: float  # 1 where the first seeds pass the screen
    fresh: int  # seeds run again for it


@dataclass(frozen=True)
class AskedCell:
    """The lines of a cell, their seeds side by side, and what is asked of each."""

    pools: Sequence[BaselineValues]  # of the same seeds
    asked: Sequence[Sequence[GateCheck]]  # of each

    @property
    def tests(self) -> int:
        return sum(map(len, self.asked))

    def screened(self, values: Sequence[Floats], base: Sequence[Floats], n: int, rule: Rule) -> list[Answer]:
        """Every question asked of the first n seeds, and where these look worse of the fresh ones with them.

        values [lines][n + fresh], base [lines][m].
        """
        out = []
        for asked, mine, theirs in zip(self.asked, values, base, strict=True):
            for question in asked:
                suspected = _worse(question, mine[:n], theirs) <= rule.screen_of(question.kind)
                fresh = rule.fresh_of(question.kind) if suspected else 0
                out.append(Answer(_worse(question, mine[: n + fresh], theirs) if fresh else 1.0, fresh))
        return out

    def changed(self, change: Change, values: Sequence[Floats], rng: np.random.Generator) -> list[Floats]:
        """A change made to every line, with the same random numbers: it hits the same seeds."""
        seed = int(rng.integers(2**63))
        return [change(p, v, np.random.default_rng(seed)) for p, v in zip(self.pools, values, strict=True)]


def cells_of(lines: Sequence[Line], rule: Rule) -> list[AskedCell]:
    """The lines by cell, each restricted to the seeds that all lines of its cell have."""
    cells: dict[Cell, list[Line]] = {}
    for line in lines:
        cells.setdefault(line.cell, []).append(line)
    out = []
    for of in cells.values():
        shared = sorted(set.intersection(*(set(line.pool.seeds) for line in of)))
        pools = [_restricted(line.pool, shared) for line in of]
        out.append(AskedCell(pools, [checks_of(line, rule) for line in of]))
    return out


def _restricted(pool: BaselineValues, seeds: Sequence[int]) -> BaselineValues:
    value = dict(zip(pool.seeds, pool.values, strict=True))
    word = dict(zip(pool.seeds, pool.outcomes, strict=True)) if pool.outcomes else {}
    return replace(
        pool, seeds=tuple(seeds), values=tuple(value[s] for s in seeds), outcomes=tuple(word[s] for s in seeds if word)
    )


def _alarm(cells: Sequence[AskedCell], tests: int, n: int, rule: Rule, rng: np.random.Generator) -> bool:
    """Whether any question ends in a regression where nothing has changed."""
    p: list[float] = []
    for cell in cells:
        order = rng.permutation(len(cell.pools[0].values))
        size = min(n + max(rule.fresh, rule.fresh_failures), len(order) // 2)
        dealt = [pool.array[order] for pool in cell.pools]
        p += [one.p for one in cell.screened([v[:size] for v in dealt], [v[size:] for v in dealt], n, rule)]
    return bool((holm(p, tests) <= rule.alpha).any())


def _found(cell: AskedCell, tests: int, n: int, rule: Rule, rng: np.random.Generator, change: Change) -> bool:
    """Whether a cell that is worse is found, the others being as they were (p = 1, the hardest case for Holm)."""
    count = len(cell.pools[0].values)
    drawn = rng.integers(count, size=n + max(rule.fresh, rule.fresh_failures))
    base = rng.integers(count, size=count)
    worse = cell.changed(change, [pool.array[drawn] for pool in cell.pools], rng)
    told = cell.screened(worse, [pool.array[base] for pool in cell.pools], n, rule)
    return bool((holm([one.p for one in told], tests) <= rule.alpha).any())


def _worse(question: GateCheck, values: Floats, base: Floats) -> float:
    pool = question.pool
    against = replace(question, pool=replace(pool, values=tuple(base), seeds=tuple(range(len(base)))))
    if not against.speaks_of(values) or not against.speaks_of(base):
        return 1.0
    return against.worse(values)
