"""The stability panel of a data set: one row a method, how its seeds ended and how steadily they got there."""

from __future__ import annotations

from functools import lru_cache
from math import isfinite, isnan
from typing import Any

from bench.diagnostics.stability import stability
from bench.records import store, trace_diagnostics
from bench.records.readings import CANT, Reading, reading_of
from bench.reporting.estimates import digits, steps
from bench.reporting.made_alike import unlike
from bench.reporting.results import Cell, Results
from bench.reporting.table import Entry, Table, word
from bench.stats.outcomes import FAILURES, SKIPPED, UNSTABLE

QUALITY_METRIC = "mmd_multiscale"  # that q is told from
HEADER = [
    "method", "failed", "unstable", *FAILURES, "median q", "IQR of q", "drawdown", "worst drawdown", "swing of q",
    "loss swing", "get to q ≥ 0.7", "steps to it", "gradients to it", "seconds to it",
]  # fmt: skip
CAPTION = (
    f"Shares of seeds with Wilson's 95 % intervals; unstable: {', '.join(UNSTABLE[:-1])} or {UNSTABLE[-1]}. "
    "q is 1 for real data and 0 for nothing but its mean and covariance. Median q: at the last evaluation, "
    "order-statistic interval in brackets. "
    "IQR of q: over seeds, dead ones at 0. Drawdown: best q − last q, median and worst seed. Swing of q: standard deviation "
    "over the second half of the evaluations; loss swing: of the loss that swings most, around its trend over its "
    "5-to-95 % range; medians over seeds. Gradients: those that the update rule asks for, all players together. Dead: the "
    "median seed diverged or was cut short."
)
UNMEASURED = " Where there is no quality, q is not known, and only divergence is seen."


def panel(results: Results, dataset: str) -> Table | None:
    """One row for each cell of a data set, in the suite's order; None where no seed ran."""
    cells = [cell for cell in results.on(dataset) if set(cell.statuses) != {SKIPPED.name}]
    known = panel_rows(results)
    rows = {cell.method: known.get((dataset, cell.method)) for cell in cells}
    if not any(rows.values()):
        return None
    mute = cant_tell(results, dataset)
    lines = [_line(cell, rows[cell.method], mute) for cell in cells]
    caption = CAPTION + (UNMEASURED if any(row is not None and isnan(row["reach"]) for row in rows.values()) else "")
    caption += f" {mute.why or mute.limits}." if mute else ""
    caption += "".join(f" {said}" for said in unlike(cells))
    spread = frozenset(range(1, 4 + len(FAILURES)))
    return Table(f"stability-{dataset}", f"Stability on {dataset}", HEADER, lines, caption, spread)


def cant_tell(results: Results, dataset: str) -> Reading | None:
    """How the metric behind q reads, where it can't tell the null, against which q is measured."""
    records = [record for cell in results.on(dataset) for record in cell.records]
    names = dict.fromkeys(name for record in records for name in record.get("metrics") or {})
    found = [reading_of(records, dataset, name) for name in names if name.startswith(QUALITY_METRIC)]
    return next((one for one in reversed(found) if one is not None and not one.tells_null), None)


@lru_cache(maxsize=8)
def panel_rows(results: Results) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of `stability`, by data set and method."""
    if results.frame.empty:
        return {}
    swings = {(results.suite, *name): trace_diagnostics.swings(one) for name, one in losses_of(results)[0].items()}
    found: list[dict[str, Any]] = stability(results.frame, swings).to_dict("records")  # type: ignore[assignment]
    return {(row["dataset"], row["method"]): row for row in found}


@lru_cache(maxsize=8)
def losses_of(results: Results) -> tuple[dict[tuple[str, str], trace_diagnostics.Found], int]:
    """How the losses of every cell swing, by data set and method, and of how many records the period is not known."""
    cells = [sorted((dict(record) for record in cell.records), key=store.rank) for cell in results.cells]
    found, lacking = trace_diagnostics.of_cells(cells)
    return {(cell.dataset, cell.method): one for cell, one in zip(results.cells, found, strict=True)}, lacking


def _line(cell: Cell, row: dict[str, Any] | None, mute: Reading | None) -> list[Entry]:
    if row is None:
        return [word(cell.method), word(", ".join(cell.statuses), "muted"), *[word("—", "muted")] * (len(HEADER) - 2)]
    shares = [_share(row, name) for name in ("failure", "instability", *FAILURES)]
    if isnan(row["reach"]):  # quality was not measured
        numbers = [word(CANT if mute else "—", "muted")] * (len(HEADER) - 1 - len(shares))
        numbers[5] = _number(row["loss_oscillation"])
        return [word(cell.method), *shares, *numbers]
    numbers = [_number(row[name]) for name in ("quality_iqr", "drawdown", "drawdown_worst", "quality_oscillation")]
    reach = Entry(f"{round(row['reach'] * row['seeds'])}/{row['seeds']}", row["reach"])
    times = [_time(row[name], unit) for name, unit in (("steps_to", ""), ("gradients_to", ""), ("seconds_to", " s"))]
    return [word(cell.method), *shares, _quality(row), *numbers, _number(row["loss_oscillation"]), reach, *times]


def _share(row: dict[str, Any], name: str) -> Entry:
    share, low, high = (row[f"{name}_rate{end}"] for end in ("", "_low", "_high"))
    if isnan(share):
        return word("no quality", "muted")
    count = f"{round(share * row['seeds'])}/{row['seeds']}"
    return Entry(f"{count} [{low:.2f}, {high:.2f}]", share, low, high, kind="failed" if share == 1 else "")


def _quality(row: dict[str, Any]) -> Entry:
    middle, low, high = (row[f"quality{end}"] for end in ("", "_low", "_high"))
    if isnan(middle):
        return Entry("dead", middle, low, high, kind="failed")
    ends = ", ".join("dead" if isnan(end) else _two(end) for end in (low, high))
    return Entry(f"{_two(middle)} [{ends}]" if row["seeds"] > 1 else _two(middle), middle, low, high)


def _number(value: float) -> Entry:
    if isnan(value):
        return word("—", "muted")
    return Entry(_two(value), value) if isfinite(value) else Entry("dead", value, kind="failed")


def _time(value: float, unit: str) -> Entry:
    if isnan(value):
        return word("—", "muted")
    if not isfinite(value):
        return Entry("never", value, kind="failed")
    return Entry(f"{digits(value)}{unit}" if unit else steps(value), value)


def _two(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
