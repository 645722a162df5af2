"""The first table a reader needs: every method of a data set against every headline metric, and what that decides."""

from __future__ import annotations

import numpy as np

from bench.records import store
from bench.records.readings import CANT
from bench.reporting.estimates import digits
from bench.reporting.made_alike import unlike
from bench.reporting.results import Cell, Results
from bench.reporting.spend import unlike_steps
from bench.reporting.summary import Column, columns
from bench.reporting.table import Entry, Table, floor, median, spread, word
from bench.stats.outcomes import SKIPPED, UNLEARNED, outcome

HEADLINE = 4  # metrics, in the suite's order; the rest go into a table of their own
FEW = 3  # skipped methods that are shown in their place; more are only counted


def verdict(results: Results, dataset: str) -> list[Table]:
    """The verdict of one data set, and a second table where the suite has more metrics than a first look can take."""
    cells, found = _shown(results.on(dataset)), columns(results, dataset)
    left_out = len(results.on(dataset)) - len(cells)
    names = list(dict.fromkeys(column.metric.name for column in found))
    head = [column for column in found if column.metric.name in names[:HEADLINE]]
    rest = [column for column in found if column.metric.name not in names[:HEADLINE]]
    tables = [_table(f"verdict-{dataset}", f"Verdict on {dataset}", cells, head, found, left_out)]
    if rest:
        tables.append(_table(f"further-{dataset}", f"Further metrics on {dataset}", cells, rest, found, left_out))
    return tables


def _shown(cells: list[Cell]) -> list[Cell]:
    """Without the skipped ones, where they are many."""
    run = [cell for cell in cells if set(cell.statuses) != {SKIPPED.name}]
    return cells if len(cells) - len(run) <= FEW else run


def _table(
    key: str, title: str, cells: list[Cell], shown: list[Column], everything: list[Column], left_out: int
) -> Table:
    header, groups, spreads = ["method", "seeds failed"], [("", 2)], set()
    for column in shown:
        spreads.add(len(header))
        header += ["last", "best", "area"]
        groups.append((column.title, 3))
    winners = {(k, "last"): column.winner() for k, column in enumerate(shown)}
    winners |= {(k, of): column.trained.winner(of) for k, column in enumerate(shown) for of in ("best", "area")}
    rows = []
    for cell in cells:
        row = [word(cell.method), failed(cell)]
        for k, column in enumerate(shown):
            absent = missing(cell, column, everything)
            if absent is not None:
                row += [absent] * 3
                continue
            curves = column.curves[cell.method]
            row.append(spread(curves.summary("last"), winners[k, "last"] == cell.method))
            if cell.pretrained:
                row += [word("—", "muted")] * 2
                continue
            row += [median(curves.summary(of), winners[k, of] == cell.method) for of in ("best", "area")]
        rows.append(row)
    if any(np.isfinite(column.floor) for column in shown):
        real = [word("real data", "floor"), word("", "floor")]
        for column in shown:
            real += [floor(column.floor), *[word("", "floor")] * 2]
        rows.append(real)
    return Table(key, title, header, rows, _caption(cells, shown, left_out), frozenset(spreads), groups)


def _caption(cells: list[Cell], shown: list[Column], left_out: int) -> str:
    counts = sorted({len(cell.fates) for cell in cells if cell.fates})
    seeds = (
        "no seeds" if not counts else f"{counts[0]} seeds" if len(counts) == 1 else f"{counts[0]} to {counts[-1]} seeds"
    )
    told = [
        f"Median over all seeds ({seeds} a method), dead seeds ranked worst; order-statistic interval in brackets.",
        "Arrows point to better.",
    ]
    if any(column.reading.two_sided and column.reading.tells for column in shown):
        told.append(
            "→ x: the nearer to x, the value of real data, the better; best is the nearest evaluation, and area the "
            "average distance from x."
        )
    told += dict.fromkeys(f"{said}." for column in shown if (said := column.reading.why or column.reading.limits))
    return " ".join([*told, *([f"{left_out} skipped methods are left out."] if left_out else [])])


def failed(cell: Cell) -> Entry:
    """`3/10`: the seeds that diverged, collapsed or were cut short; the status where the cell was not run to a
    result; `no quality` where none of its seeds can be judged."""
    if not cell.fates:
        return word(", ".join(cell.statuses), "muted")
    if all(not outcome(fate.outcome).judged for fate in cell.fates.values()):
        return word("no quality", "muted")
    share = len(cell.failures) / len(cell.fates)
    return Entry(f"{len(cell.failures)}/{len(cell.fates)}", share, kind="failed" if share == 1 else "")


def missing(cell: Cell, column: Column, everything: list[Column]) -> Entry | None:
    """Why a method has no number in a column; None where it has one."""
    if cell.method in column.curves:
        return None if column.reading.tells else word(CANT, "muted")
    if not cell.fates:
        return word(cell.statuses[0] if not set(cell.statuses) & store.RESULTS else "no seeds", "muted")
    if any(cell.method in other.curves for other in everything if other.metric == column.metric):
        return word("incomparable", "muted")
    if all(fate.dead for fate in cell.fates.values()):
        return word("failed", "failed")
    return word("—", "muted")


def _unlearned(results: Results, dataset: str) -> str:
    """That no seed of some methods learned; '' where some seed of every method did, or nobody can say."""
    fates = {cell.method: {fate.outcome for fate in cell.fates.values()} for cell in results.on(dataset)}
    never = [method for method, outcomes in fates.items() if outcomes == {UNLEARNED.name}]
    if not never:
        return ""
    who = "any method" if len(never) == len(fates) and len(fates) > 1 else ", ".join(never)
    return f"No seed of {who} learned within this budget: what is compared is how far they came, not how they end."


def _tie(column: Column, leaders: list[str]) -> str:
    """`modes_covered: all reach 8 of 8`, where every seed of the leaders ends on one number; '' elsewhere."""
    lasts = {float(value) for method in leaders for value in column.curves[method].last}
    if len(lasts) != 1 or not np.isfinite(value := lasts.pop()):
        return ""
    who = "all" if len(leaders) == len(column.curves) else shortly(leaders)
    of = f" of {digits(column.floor)}" if np.isfinite(column.floor) else ""
    return f"{column.name}: {who} reach {digits(value)}{of}, every seed; a tie."


def shortly(methods: list[str]) -> str:
    """The first six by name, the rest counted."""
    return ", ".join(methods[:6]) + (f" and {len(methods) - 6} more" if len(methods) > 6 else "")


def sentences(results: Results, dataset: str) -> list[str]:
    """Whether anything was learned, and what the intervals decide, one sentence a metric."""
    said = [*filter(None, [_unlearned(results, dataset)]), *unlike(results.on(dataset))]
    for column in columns(results, dataset):
        if not column.reading.tells:
            said.append(f"{column.reading.why}. Nothing is concluded from it.")
            continue
        winner, leaders, name = column.winner(), column.leaders(), column.name
        if winner is not None:
            said.append(f"{name}: {winner} is best; its interval lies clear of every other.")
        elif not leaders:
            said.append(f"{name}: no method has a median; at least half of every method's seeds are dead.")
        elif len(column.curves) == 1:
            said.append(f"{name}: {leaders[0]} alone was measured, so nothing is compared.")
        elif tie := _tie(column, leaders):
            said.append(tie)
        elif len(leaders) == len(column.curves) and len(leaders) > 3:
            said.append(f"{name}: undecided among all {len(leaders)} methods (intervals overlap).")
        else:
            said.append(f"{name}: undecided among {shortly(leaders)} (intervals overlap).")
    return [*said, *filter(None, [unlike_steps(results, dataset)])]
