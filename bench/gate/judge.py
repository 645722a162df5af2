"""The gate: candidate against baseline, screen, confirm on fresh seeds, one verdict for each test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from bench.claims.evidence import Evidence
from bench.gate.baseline import Baseline
from bench.gate.caveats import caveats
from bench.gate.changes import Cell, Facts, changed
from bench.gate.checks import GateCheck
from bench.gate.comparable_seeds import count, ends, unused_seeds, values_of, without_baseline
from bench.gate.questions import Line, checks_of, lines_of
from bench.gate.report import Report, Row, Word
from bench.gate.rule import DEFAULT, Rule
from bench.plugins.lazily import lazily
from bench.stats import benjamini_hochberg, holm
from bench.stats.measure import Floats
from bench.suite.waivers import Waiver

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

RunFresh: TypeAlias = "Callable[[Cell, Sequence[int]], pd.DataFrame]"  # -> a tidy frame of these seeds


@dataclass(frozen=True)
class Asked:
    """A question that the screen has answered."""

    question: GateCheck
    row: Row
    better: float  # p
    seeds: Floats  # of the candidate, as measured [n]
    ends: tuple[str, ...] = ()  # how they ended, where the question is about that


def gate(
    candidate: pd.DataFrame,
    baseline: Baseline,
    within: Mapping[str, float],
    *,
    rule: Rule = DEFAULT,
    run_fresh: RunFresh | None = None,
    waivers: Sequence[Waiver] = (),
    today: date | None = None,
    now: Mapping[Cell, Facts] | None = None,
) -> Report:
    """Verdicts on every line of the baseline. `within`: the metrics that gate, with their stated minimum margin.

    `candidate` is a tidy frame (dataset, method, seed, step, kind, name, value, outcome, and protocol, precision,
    device where they are known). A test that looks worse at the screen's level is asked again with seeds that neither
    side has used beside the candidate's, and that decides: regression where p <= `rule.alpha` after Holm's correction
    over all tests of the invocation. Without `run_fresh` it stays suspicious. Changed: the same test the other way
    round, on the candidate's seeds. Metrics outside `within` are shown with q-values and never fail. `now`: what each
    cell was run with (`changes.facts`), told against the baseline's.
    """
    frame = Evidence(candidate, {pool.key.metric: pool.measure for pool in baseline.pools.values()})
    refused, asked = _screen(lines_of(baseline, within), frame, baseline, rule)
    tests = len(asked)
    asked, mute = _split_mute(asked, tests, rule)
    rows = [*refused, *mute, *without_baseline(candidate, baseline, within)]
    rows += _decide(asked, tests, rule, baseline, candidate, run_fresh)
    rows = [_waive(row, waivers, today or datetime.now(UTC).date()) for row in rows]
    others = [Line(p) for k, p in sorted(baseline.pools.items()) if k.metric not in within and not p.outcomes]
    rows += _show(others, frame, baseline, rule)
    said = caveats(baseline, within, rule, candidate["seed"].nunique())
    return Report((), tests, baseline.calibration, said, changed(baseline, now or {})).with_rows(rows)


def _screen(lines: Sequence[Line], frame: Evidence, baseline: Baseline, rule: Rule) -> tuple[list[Row], list[Asked]]:
    """Rows of lines that can't be asked about, and the questions of the others with their screening p."""
    refused, asked = [], []
    for line in lines:
        found = values_of(line.pool, frame, baseline)
        if isinstance(found, Row):
            refused.append(found)
            continue
        try:
            for question in checks_of(line, rule):
                answer = _ask(question, found)
                if isinstance(answer, Asked):
                    words = ends(line.pool.key, frame) if line.pool.outcomes else ()
                    asked.append(replace(answer, ends=tuple(words)))
                elif not question.beside:
                    refused.append(answer)
        except ValueError as problem:
            refused.append(Row(line.pool.key, "values", "insufficient", reason=str(problem)))
    return refused, asked


def _ask(question: GateCheck, values: Floats) -> Asked | Row:
    n, base = question.speaks_of(values), question.pool.array
    row = Row(
        question.key,
        question.kind,
        "pass",
        n=n,
        n_baseline=question.speaks_of(base),
        dead=int(np.isnan(values).sum()),
        dead_baseline=int(np.isnan(base).sum()),
        median=_median(values) if not question.pool.outcomes else float("nan"),
        median_baseline=_median(base) if not question.pool.outcomes else float("nan"),
        margin=question.margin,
    )
    if n == 0:
        return replace(row, verdict="insufficient", reason="no seed of the candidate is alive")
    row = replace(row, effect=question.effect(values), p_screen=question.worse(values))
    return Asked(question, row, question.better(values), values)


def _split_mute(asked: Sequence[Asked], tests: int, rule: Rule) -> tuple[list[Asked], list[Row]]:
    """Questions that could be answered with "regression", and rows for those that never could."""
    speak, mute = [], []
    for a in asked:
        reason, level, fresh = "", rule.screen_of(a.question.kind), rule.fresh_of(a.question.kind)
        if a.question.smallest_p(a.row.n) > level:
            reason = f"{a.row.n} seeds against {a.row.n_baseline} can never look worse at {level:g}"
        elif a.question.smallest_p(a.row.n + fresh) > rule.alpha / tests:
            reason = f"{fresh} fresh seeds against {a.row.n_baseline} can never confirm one of {tests} tests"
        if reason and not a.question.beside:
            mute.append(replace(a.row, verdict="insufficient", reason=f"{reason}; add seeds"))
        elif not reason:
            speak.append(a)
    return speak, mute


def _decide(
    asked: Sequence[Asked],
    tests: int,
    rule: Rule,
    baseline: Baseline,
    candidate: pd.DataFrame,
    run_fresh: RunFresh | None,
) -> list[Row]:
    better = holm([a.better for a in asked], tests) <= rule.alpha
    why = "better by more than the margin: something has changed; promote a new baseline once it is understood"
    rows = [replace(a.row, verdict="changed", reason=why) if up else a.row for a, up in zip(asked, better, strict=True)]
    worse = [k for k, a in enumerate(asked) if a.row.p_screen <= rule.screen_of(a.question.kind)]
    if run_fresh is None:
        for k in worse:
            rows[k] = replace(rows[k], verdict="suspicious", reason="not confirmed: no fresh seeds were run")
        return rows
    again: dict[Cell, int] = {}
    for k in worse:
        cell, size = _cell(asked[k]), rule.fresh_of(asked[k].question.kind)
        again[cell] = max(size, again.get(cell, 0))
    scores = {p.key.metric: p.measure for p in baseline.pools.values()}
    seeds = unused_seeds(baseline, candidate, max(again.values(), default=0))
    fresh = {cell: Evidence(run_fresh(cell, seeds[:size]), scores) for cell, size in again.items()}
    confirmed: dict[int, float] = {}
    why_worse: dict[int, str] = {}
    for k in worse:
        question, size = asked[k].question, rule.fresh_of(asked[k].question.kind)
        found = values_of(question.pool, fresh[_cell(asked[k])], baseline)
        if isinstance(found, Row):
            rows[k] = replace(rows[k], verdict=found.verdict, reason=f"fresh seeds: {found.reason}")
        elif len(found) < size:
            reason = f"{len(found)} of {size} fresh seeds have a result"
            rows[k] = replace(rows[k], verdict="incomplete", reason=reason)
        elif not question.speaks_of(every := np.concatenate([asked[k].seeds, found[:size]])):
            rows[k] = replace(rows[k], verdict="insufficient", reason="no seed is alive to be asked about")
        else:
            confirmed[k] = question.worse(every)
            if question.pool.outcomes:
                words = [*asked[k].ends, *ends(question.pool.key, fresh[_cell(asked[k])])[:size]]
                why_worse[k] = f"{count(words)}, in the baseline {count(question.pool.outcomes)}"
    for k, p in zip(confirmed, holm(list(confirmed.values()), tests).tolist(), strict=True):
        verdict: Word = "regression" if p <= rule.alpha else "pass"
        passed = f"looked worse (p = {rows[k].p_screen:.2g}); fresh seeds don't confirm it"
        reason = why_worse.get(k, "") if p <= rule.alpha else passed
        rows[k] = replace(rows[k], verdict=verdict, p_all=confirmed[k], p_adjusted=p, reason=reason)
    return rows


def _cell(asked: Asked) -> Cell:
    return Cell(asked.question.key.dataset, asked.question.key.method)


def _show(lines: Sequence[Line], frame: Evidence, baseline: Baseline, rule: Rule) -> list[Row]:
    """Metrics that don't gate: effects and q-values for what can be compared."""
    asked = _screen(lines, frame, baseline, rule)[1]
    q = benjamini_hochberg([a.row.p_screen for a in asked]).tolist()
    return [replace(a.row, verdict="shown", q=x) for a, x in zip(asked, q, strict=True)]


def _waive(row: Row, waivers: Sequence[Waiver], today: date) -> Row:
    if row.verdict not in ("regression", "suspicious"):
        return row
    for waiver in waivers:
        if waiver.holds(row.key, today):
            reason = f"{row.verdict}, waived until {waiver.until}: {waiver.reason}"
            return replace(row, verdict="waived", reason=reason)
        if waiver.key == row.key:
            row = replace(row, reason=f"{row.reason}; its waiver ended on {waiver.until}".removeprefix("; "))
    return row


def _median(values: Floats) -> float:
    living = values[~np.isnan(values)]
    return float(np.median(living)) if len(living) else float("nan")
