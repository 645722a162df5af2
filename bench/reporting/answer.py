"""The first screen in words: which method trains most stably, at what price, and how sure that is.

Only methods that were run alike on every data set are ranked (stats/comparable.py). Stable is who has the fewest failed seeds;
among equals the one that ends nearest to the data is named as well. Whether fewer failures are more than chance is asked by
Fisher's exact test, stratified over data sets and corrected over all pairs of methods, since the best was chosen by looking.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np

from bench.claims import Verdict
from bench.records.frame import outcome_protocol
from bench.records.made_under import made_under
from bench.reporting.estimates import digits, steps
from bench.reporting.made_alike import budget_classes, precision
from bench.reporting.panel import panel_rows
from bench.reporting.predicted import in_words
from bench.reporting.results import Cell, Results
from bench.stats.comparable import BUDGET, PRECISION, RUN
from bench.stats.outcomes import in_order, outcome
from bench.stats.ranks import rank_test
from bench.stats.rates import wilson

ALPHA = 0.05
NAMED = 4  # methods by name in one sentence; the rest are counted


@dataclass(frozen=True)
class Standing:
    """One method over all data sets."""

    method: str
    cells: tuple[Cell, ...]
    by_data: tuple[tuple[int, int], ...]  # seeds that failed, and all, on each data set
    quality: float  # mean over data sets of the median q; NaN where one of them has none

    @property
    def failed(self) -> int:
        return sum(failed for failed, _ in self.by_data)

    @property
    def seeds(self) -> int:
        return sum(seeds for _, seeds in self.by_data)

    @property
    def share(self) -> float:
        return self.failed / self.seeds


@dataclass(frozen=True)
class Answer:
    """What the first screen says: (question, answer) in the reader's order; `best` are the methods to mark."""

    said: tuple[tuple[str, str], ...]
    best: tuple[str, ...] = ()


def answer(results: Results, verdicts: Sequence[Verdict] = ()) -> Answer:
    """The answer of a suite; what its claims came to stands under "how sure"."""
    beside, claimed = in_words(results), _claimed(verdicts)
    if beside and unjudged(results):
        return Answer((("Beside theory", beside), *((("How sure", claimed),) if claimed else ())))
    ranked, apart = standings(results)
    if not ranked:
        why = apart or "no seed has come to a result"
        return Answer((("Most stable", f"Not to be told: {why}."), *((("How sure", claimed),) if claimed else ())))
    least = min(one.share for one in ranked)
    best = [one for one in ranked if one.share == least]
    told = [("Most stable", _stable(ranked, best, apart)), ("Price", _price(ranked, best))]
    sure = " ".join(filter(None, [_sure(ranked, best), claimed]))
    told.append(("How sure", sure))
    marked = () if least == 1 or len(best) == len(ranked) > 1 else tuple(one.method for one in best)
    return Answer(tuple((question, text) for question, text in told if text), marked)


def unjudged(results: Results) -> bool:
    """Whether of no seed it is known to have failed or not: then nothing is said of how stable methods are."""
    return not any(outcome(fate.outcome).judged for cell in results.cells for fate in cell.fates.values())


def standings(results: Results) -> tuple[list[Standing], str]:
    """The methods that were run alike on every data set, in the suite's order, and who is left out and why."""
    ran = {d: [cell for cell in results.on(d) if cell.fates] for d in results.datasets}
    ran = {d: cells for d, cells in ran.items() if cells}
    alike = {d: _alike(cells) for d, cells in ran.items()}
    methods = list(dict.fromkeys(cell.method for cells in ran.values() for cell in cells))
    kept = [m for m in methods if all(m in alike[d] for d in ran)]
    gone = [m for m in methods if m not in kept]
    everywhere = "not run alike on all data sets" if len(ran) > 1 else "not run as the others were"
    left = f"{_names(gone)} left out: {everywhere}" if gone else ""
    by = {m: tuple(cell for d in ran for cell in ran[d] if cell.method == m) for m in kept}
    known = all(outcome(f.outcome).judged for cells in by.values() for cell in cells for f in cell.fates.values())
    rows = panel_rows(results)
    found = []
    for m, cells in by.items():
        ended = [[fate.failed if known else fate.dead for fate in cell.fates.values()] for cell in cells]
        quality = float(np.mean([rows[d, m]["quality"] if (d, m) in rows else nan for d in ran]))
        found.append(Standing(m, cells, tuple((sum(of), len(of)) for of in ended), quality))
    if found and not known:
        left = "; ".join(filter(None, ["quality was not measured, and only seeds that died are counted", left]))
    return found, left if found else f"no method was run alike on all data sets ({left})" if methods else ""


def _alike(cells: Sequence[Cell]) -> set[str]:
    """The methods of one data set that may be compared with the most of the others."""
    budgets, shared = budget_classes(cells), precision(cells)
    kinds: dict[str, set[tuple[str, ...]]] = {}
    for cell in cells:
        for record in cell.records:
            made = made_under(record)
            made[PRECISION] = made[PRECISION] or shared
            spent = budgets[cell.method, made[BUDGET]]
            kind = (*(made[what] for what in RUN), spent, outcome_protocol(record) or "")
            kinds.setdefault(cell.method, set()).add(kind)
    single = {method: next(iter(of)) for method, of in kinds.items() if len(of) == 1}
    if not single:
        return set()
    (most, _), *_ = Counter(single.values()).most_common(1)
    return {method for method, of in single.items() if of == most}


def _stable(ranked: Sequence[Standing], best: Sequence[Standing], apart: str) -> str:
    left = f" ({apart}.)" if apart else ""
    first = best[0]
    if first.share == 1:
        return f"No method: every seed of all {len(ranked)} methods failed ({_kinds(ranked)}).{left}"
    if len(ranked) == 1:
        return f"{first.method} alone was run: {_failed(first)}, {_interval(first)}.{left}"
    if len(best) == len(ranked):
        return f"A tie of all {len(ranked)} methods: {_failed(first)} each.{_nearest(best)}{left}"
    each = " each" if len(best) > 1 else ""
    said = f"{_names([one.method for one in best])}: {_failed(first)}{each}, {_interval(first)}.{_nearest(best)}"
    worst = max(ranked, key=lambda one: one.share)
    return f"{said} At the other end, {worst.method}: {_failed(worst)} ({_kinds([worst])}).{left}"


def _nearest(best: Sequence[Standing]) -> str:
    known = [one for one in best if isfinite(one.quality)]
    if len(best) < 2 or len(known) < 2:
        return ""
    top = max(known, key=lambda one: one.quality)
    return f" Of these, {top.method} ends nearest to the data (q {top.quality:.2f}; 1 is real data).".replace("-", "−")


def _first(best: Sequence[Standing]) -> Standing:
    """Of equals the one that ends nearest to the data."""
    return max(best, key=lambda one: one.quality if isfinite(one.quality) else -9.0)


def _price(ranked: Sequence[Standing], best: Sequence[Standing]) -> str:
    """Training of one seed, on all data sets together, in seconds and in gradients, over that of the cheapest."""
    seconds = {one.method: seconds_a_seed(one.cells) for one in ranked}
    gradients = {one.method: gradients_a_seed(one.cells) for one in ranked}
    said = []
    for one in [_first(best)] if len(best) < len(ranked) or len(ranked) == 1 else []:
        parts = []
        if isfinite(seconds[one.method]):
            parts.append(f"{digits(seconds[one.method])} s of training a seed{_over(seconds, one.method)}")
        if isfinite(gradients[one.method]):
            parts.append(f"{steps(gradients[one.method])} gradient evaluations{_over(gradients, one.method)}")
        if parts:
            said.append(f"{one.method}: {', '.join(parts)}.")
    if not said and len(ranked) > 1:
        known = {m: s for m, s in seconds.items() if isfinite(s)}
        low, high = (min(known, key=known.__getitem__), max(known, key=known.__getitem__)) if known else ("", "")
        said = [f"From {digits(known[low])} s a seed ({low}) to {digits(known[high])} s ({high})."] if known else []
    where = " Summed over the data sets." if said and len(ranked[0].cells) > 1 else ""
    return " ".join(said) + where


def _over(costs: dict[str, float], method: str) -> str:
    """` (2.1 × the cheapest, GAN)`; what all have in common is said once."""
    known = {m: c for m, c in costs.items() if isfinite(c) and c > 0}
    if len(known) < 2:
        return ""
    cheapest = min(known, key=known.__getitem__)
    ratio = known[method] / known[cheapest]
    if max(known.values()) / known[cheapest] < 1.005:
        return ", as all"
    if 1 < ratio < 1.05:
        return f", as cheap as any ({cheapest})"
    return ", the cheapest" if method == cheapest else f" ({ratio:.1f} × the cheapest, {cheapest})"


def seconds_a_seed(cells: Sequence[Cell]) -> float:
    """Training of one seed on each of some cells, summed; NaN where a record does not say."""
    total = 0.0
    for cell in cells:
        each = [
            (record.get("timing") or {}).get("training", nan) / max(1, len(record["seeds"])) for record in cell.records
        ]
        total += float(np.median(each)) if each else nan
    return total


def gradients_a_seed(cells: Sequence[Cell]) -> float:
    """Gradients of the update rule, all players together, summed over some cells; NaN where a record does not say."""
    price = [(cell.of("gradients_per_step"), cell.of("train", "steps")) for cell in cells]
    return float(sum(g * s for g, s in price)) if all(g and s for g, s in price) else nan


def _sure(ranked: Sequence[Standing], best: Sequence[Standing]) -> str:
    """Of one of the best (the others have its numbers) against each of the rest."""
    rest = [one for one in ranked if one not in best]
    if len(ranked) < 2:
        return "Nothing to compare with."
    if best[0].share == 1:
        return "That all failed is seen; which of them is better is not asked of seeds that failed."
    pairs = len(ranked) * (len(ranked) - 1) / 2
    fewest = min(best, key=lambda one: one.seeds)
    p = {one.method: _fails_more(one, fewest) * pairs for one in rest}
    beaten, open_ = [m for m in p if p[m] <= ALPHA], [m for m in p if p[m] > ALPHA]
    said = []
    if beaten:
        said.append(f"Sure that fewer seeds fail than of {_names(beaten)}.")
    if open_:
        said.append(f"Not sure against {_names(open_)}: the difference may be chance.")
    if len(best) > 1 and rest:
        said.append(f"The {len(best)} best are not told apart.")
    if not rest:
        said.append("Not sure: no method has fewer failures than another; more seeds may tell.")
    return (
        " ".join(said)
        + f" ({fewest.seeds} seeds a method; Fisher's test, corrected for {pairs:.0f} {'pairs' if pairs > 1 else 'pair'}.)"
    )


def _fails_more(one: Standing, other: Standing) -> float:
    """One-sided p that more seeds of `one` fail, exact over the tables of all data sets: that of claims (claims/judge.py)."""

    def alive(failed: int, seeds: int) -> list[float]:
        return [0.0] * failed + [1.0] * (seeds - failed)

    strata = [(alive(*b), alive(*a)) for a, b in zip(one.by_data, other.by_data, strict=True)]
    return rank_test(strata).greater


def _claimed(verdicts: Sequence[Verdict]) -> str:
    words = [v.status for v in verdicts]
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    return f"Of the suite's {len(words)} claims: {counts}." if words else ""


def _failed(one: Standing) -> str:
    return f"{one.failed or 'none'} of {one.seeds} seeds failed"


def _interval(one: Standing) -> str:
    """What that says of all seeds; of data sets that differ each by itself, since no rate is that of both."""
    if len({failed / seeds for failed, seeds in one.by_data}) > 1:
        each = [f"{f} of {n} on {cell.dataset}" for cell, (f, n) in zip(one.cells, one.by_data, strict=True)]
        return f"that is {_names(each)}"
    low, high = wilson(one.failed, one.seeds)
    return f"so between {low:.0%} and {high:.0%} of all would"


def _kinds(of: Sequence[Standing]) -> str:
    """`10 unlearned, 2 collapsed`"""
    kinds = Counter(f.outcome for one in of for cell in one.cells for f in cell.fates.values() if f.failed or f.dead)
    return ", ".join(f"{kinds[kind]} {outcome(kind).shown}" for kind in in_order(kinds))


def _names(methods: Sequence[str]) -> str:
    if len(methods) > NAMED + 1:
        return f"{', '.join(methods[:NAMED])} and {len(methods) - NAMED} more"
    return " and ".join(filter(None, [", ".join(methods[:-1]), *methods[-1:]]))
