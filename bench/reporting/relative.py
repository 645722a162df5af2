"""Every method relative to a chosen one: how much better, with its interval, where the two may be compared."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, isnan
from pathlib import Path

from bench.records.side_by_side import CantCompare, Comparison, Effect, against
from bench.reporting.estimates import fixed
from bench.reporting.headline_table import HEADLINE
from bench.reporting.page import Part, Section
from bench.reporting.results import ReportError, Results
from bench.reporting.table import Entry, Table, ranged, word

CAPTION = (
    "By how much each method is better than {reference}: the shift of its seeds (Hodges and Lehmann's, dead ones the worst) in "
    "the units of the metric, of the distance to real data's value where that is best; of failures the fall of their share. 95 % "
    "intervals, not corrected for their number: claims are."
)


def relative_to(results: Results, folder: Path, reference: str) -> Section:
    """A table for each data set on which the reference was run. Raises ReportError for a method without a result."""
    try:
        found = against(folder, reference)
    except CantCompare as error:
        raise ReportError(str(error)) from None
    lead = f"How much better each method is than {reference}; above 0 is better, whatever the metric's direction."
    parts = [Part(d, tables=[_table(results, d, reference, found)]) for d in results.datasets]
    return Section("relative", f"Relative to {reference}", lead, parts)


def _table(results: Results, dataset: str, reference: str, found: Mapping[str, Comparison]) -> Table:
    there = {m: {e.name: e for e in one.effects if e.where == dataset} for m, one in found.items()}
    methods = [cell.method for cell in results.on(dataset) if there.get(cell.method)]
    names = list(dict.fromkeys(name for m in methods for name in there[m]))[: HEADLINE + 1]
    rows = [[word(method), *(_entry(there[method].get(name)) for name in names)] for method in methods]
    why = dict.fromkeys(e.why for m in methods for n, e in there[m].items() if n in names and e.why)
    caption = " ".join(
        [
            CAPTION.format(reference=reference),
            *(f"Incomparable (A: {reference}, B: the method): {said}." for said in why),
        ]
    )
    heads = ["method", *("failures" if name == "share of failed seeds" else name for name in names)]
    title = f"Relative to {reference} on {dataset}"
    return Table(f"relative-{dataset}", title, heads, rows, caption, frozenset(range(1, len(heads))))


def _entry(effect: Effect | None) -> Entry:
    if effect is None:
        return word("—", "muted")
    if effect.why or isnan(effect.gain):
        return word("incomparable" if effect.why else "—", "muted")
    if not isfinite(effect.gain):
        return Entry(fixed(effect.gain, 0), effect.gain, effect.low, effect.high, effect.low > 0)
    return ranged(effect.gain, effect.low, effect.high, effect.low > 0)
