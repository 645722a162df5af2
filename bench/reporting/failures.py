"""What failed and why: one line for every cell in which a seed failed, or a metric or a probe broke, or that has no end."""

from __future__ import annotations

from bench.records import store
from bench.reporting.estimates import steps
from bench.reporting.results import Cell, Results
from bench.reporting.table import Table, word
from bench.stats.outcomes import DONE, in_order

SHOWN = 200  # characters of a reason; the record has the rest


def failures(results: Results) -> Table:
    rows = []
    for cell in results.cells:
        broken = [said for record in cell.records for said in store.errors(record)]
        if not cell.failures and cell.statuses == [DONE] and not broken:
            continue
        reasons = [" ".join(str(record.get("reason") or "").split()) for record in cell.records] + broken
        reason = "; ".join(dict.fromkeys(text for text in reasons if text))
        reason = reason if len(reason) <= SHOWN else reason[: SHOWN - 1] + "…"
        share = f"{len(cell.failures)}/{len(cell.fates)}" if cell.fates else "—"
        rows.append(
            [
                word(text)
                for text in (cell.dataset, cell.method, ", ".join(cell.statuses), share, seeds(cell), reason or "—")
            ]
        )
    header = ["data set", "method", "status", "seeds failed", "which, and at which step", "reason"]
    return Table(
        "failures",
        "What failed and why",
        header,
        rows,
        "Every cell in which a seed failed, or a metric or a probe broke, or which has no result.",
    )


def seeds(cell: Cell) -> str:
    """`diverged: seed 3 at 9 000; collapsed: seed 1 at 8 000, seed 7 at 14 000`."""
    by_outcome: dict[str, list[str]] = {}
    for fate in cell.failures:
        at = "" if fate.step is None else f" at {steps(fate.step)}"
        by_outcome.setdefault(fate.outcome, []).append(f"seed {fate.seed}{at}")
    told = [(outcome, by_outcome[outcome]) for outcome in in_order(by_outcome)]
    return "; ".join(f"{outcome}: {', '.join(who)}" for outcome, who in told) or "—"
