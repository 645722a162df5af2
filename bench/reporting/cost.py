"""What a method costs: time, memory, parameters, and the time until a quality is reached."""

from __future__ import annotations

import math

import numpy as np

from bench.diagnostics.seed_curves import QUALITY
from bench.reporting.estimates import digits, steps
from bench.reporting.headline_table import HEADLINE, missing
from bench.reporting.results import Cell, Results
from bench.reporting.summary import Column, columns
from bench.reporting.table import Entry, Table, number, word

AIMS = (0.5, 0.7, 0.9)  # of quality, that methods are timed to
SPLIT = ("setup", "compiling", "training", "sampling", "evaluation", "probes")


def cost(results: Results, dataset: str) -> list[Table]:
    """One table for each kind of device: their times are not comparable."""
    cells = [cell for cell in results.on(dataset) if cell.fates or any(record.get("timing") for record in cell.records)]
    cells = [cell for cell in cells if not cell.pretrained]
    kinds = sorted({device(cell) for cell in cells})
    return [_table(dataset, kind, [cell for cell in cells if device(cell) == kind], len(kinds) > 1) for kind in kinds]


def device(cell: Cell) -> str:
    return " + ".join(sorted({str((record.get("device") or {}).get("kind", "unknown")) for record in cell.records}))


def _table(dataset: str, kind: str, cells: list[Cell], several: bool) -> Table:
    header = [
        "method", *(f"{part} (s)" for part in SPLIT), "seed-steps/s", "samples/s", "NFE", "peak memory (MiB)",
        "parameters",
        "lanes", "threads",
    ]  # fmt: skip
    rows = []
    for cell in cells:
        timing = [record.get("timing") or {} for record in cell.records]
        parameters = cell.of("parameters") or {}
        count = Entry(
            " + ".join(f"{name} {steps(n)}" for name, n in parameters.items()) or "—", _sum(list(parameters.values()))
        )
        row = [word(cell.method)]
        row += [number(_sum([part.get(name) for part in timing])) for name in SPLIT]
        row += [number(rate(cell, "seed_steps_per_s")), number(rate(cell, "samples_per_s"))]
        peaks = [(record.get("memory") or {}).get("peak_mib") for record in cell.records]
        row += [number(cell.of("nfe")), number(max((p for p in peaks if p is not None), default=None)), count]
        row += [number(cell.of("lanes")), number(cell.of("threads"))]
        rows.append(row)
    title = f"Cost on {dataset}" + (f", {kind}" if several else "")
    caption = (
        f"Wall-clock of all blocks of seeds together, on {kind}; rates are medians over blocks. NFE: network "
        f"evaluations per sample."
    )
    return Table(f"cost-{dataset}" + (f"-{kind}" if several else ""), title, header, rows, caption)


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(sum(known)) if known else None


def rate(cell: Cell, name: str) -> float | None:
    """The median over a cell's blocks of a number under `timing`."""
    known = [value for record in cell.records if (value := (record.get("timing") or {}).get(name))]
    return float(np.median(known)) if known else None


def time_to_quality(results: Results, dataset: str) -> Table | None:
    """Steps and seconds a seed needs until a quality is reached, and how many seeds reach it; None without a metric."""
    found = [c for column in columns(results, dataset) if (c := column.trained).curves]
    names = list(dict.fromkeys(column.metric.name for column in found))[:HEADLINE]
    aims = [(c, q) for c in found if c.metric.name == QUALITY for q in AIMS] or [
        (c, aim) for c in found if c.metric.name in names and c.reading.tells and (aim := target(c)) is not None
    ]
    if not aims:
        return None
    header = ["method", *(_aim(column, aim) for column, aim in aims)]
    rows = []
    for cell in (cell for cell in results.on(dataset) if not cell.pretrained):
        row = [word(cell.method)]
        row += [missing(cell, column, found) or _reached(cell, column, aim) for column, aim in aims]
        rows.append(row)
    how = (
        "Quality is 1 for real data and 0 for nothing but its mean and covariance."
        if aims[0][0].metric.name == QUALITY
        else "The quality is twice the number of real data (nine tenths of it where higher is better) if some method's median ends "
        "there, and otherwise the median of the methods' last medians."
    )
    caption = (
        "Median over all seeds of the first evaluation that meets the quality (steps; seconds per seed at the "
        f"measured seed-steps/s), and how many seeds ever met it. {how}"
    )
    return Table(f"time-to-quality-{dataset}", f"Time to quality on {dataset}", header, rows, caption)


def _aim(column: Column, aim: float) -> str:
    """`quality ≥ 0.7`; `|spread_ratio − 1.00| ≤ 0.2` of a two-sided metric."""
    real = column.reading.real
    name = f"|{column.name} − {digits(real)}|" if column.reading.two_sided else column.name
    return f"{name} {'≥' if column.higher_is_better else '≤'} {digits(aim)}"


def target(column: Column) -> float | None:
    """The quality that the column's methods are timed against; None where every median failed."""
    higher = column.higher_is_better
    lasts = [curves.compared("last").median for curves in column.curves.values()]
    known = sorted(value for value in lasts if math.isfinite(value))
    if not known:
        return None
    if math.isfinite(column.floor) and column.floor > 0 and not column.reading.two_sided:
        near = column.floor * (0.9 if higher else 2.0)
        if any(value >= near if higher else value <= near for value in known):
            return near
    ranked = known[::-1] if higher else known  # best first, failed medians behind
    return ranked[min(len(lasts) // 2, len(known) - 1)]


def _reached(cell: Cell, column: Column, aim: float) -> Entry:
    first = column.curves[cell.method].reached(aim)
    count = f"{int(np.isfinite(first).sum())}/{len(first)}"
    ranked = np.sort(np.where(np.isfinite(first), first, np.inf))
    middle = (
        float(ranked[len(ranked) // 2]) if len(ranked) else math.inf
    )  # the upper of two middle ones: at least half are there
    if not math.isfinite(middle):
        return word(f"median never ({count})" if np.isfinite(first).any() else f"never ({count})", "failed")
    speed = rate(cell, "seed_steps_per_s")
    seconds = f" · {digits(middle / speed)} s" if speed else ""
    return Entry(f"{steps(middle)}{seconds} ({count})", middle)
