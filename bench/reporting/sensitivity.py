"""What a wrong setting costs: over a grid of options, how much of it works, and what a blind choice loses."""

from __future__ import annotations

import re

import numpy as np

from bench.diagnostics.learning_curve import sensitivity
from bench.records.readings import CANT
from bench.reporting.results import Results
from bench.reporting.summary import Column, columns
from bench.reporting.table import Entry, Table, number, word

POINT = re.compile(r"^(?P<family>.+) \[(?P<setting>[^\[\]]+=[^\[\]]+)\]$")  # `GAN [lr=0.001]`: a point of a grid
LEAST = 3  # settings: fewer are no grid
CAPTION = (
    "Over the settings of each grid, each taken at its median over seeds (dead seeds rank worst). A setting works where it "
    "covers at least half of the way from the cap to the grid's best. The cap stands for an untrained model: the median "
    "of every seed's first evaluation on this data set. Regret: what a setting taken blindly loses against the best, in "
    "the metric's units; settings worse than the cap count as the cap. Of a metric that is best near the value of real data "
    "(→), works, regret and cap are of the distance from it."
)


def grids(results: Results, dataset: str) -> dict[str, dict[str, str]]:
    """family -> {setting: method}, of grids of at least three settings."""
    found: dict[str, dict[str, str]] = {}
    for cell in results.on(dataset):
        if match := POINT.match(cell.method):
            found.setdefault(match["family"], {})[match["setting"]] = cell.method
    return {family: settings for family, settings in found.items() if len(settings) >= LEAST}


def sensitivities(results: Results, dataset: str) -> Table | None:
    """One row a grid and metric; None where the suite has no grid."""
    families = grids(results, dataset)
    rows = [
        _row(family, settings, column)
        for column in columns(results, dataset)
        for family, settings in families.items()
        if any(method in column.curves for method in settings.values())
    ]
    if not rows:
        return None
    header = ["method", "metric", "best setting", "best", "works", "regret", "cap"]
    return Table(f"sensitivity-{dataset}", f"Sensitivity on {dataset}", header, rows, CAPTION, mixed=True)


def untrained(column: Column) -> float:
    """The median of every seed's first evaluation, as it is compared; NaN where no seed has a number."""
    first = np.concatenate([curves.compared_rows[:, 0] for curves in column.curves.values() if curves.rows.size])
    first = first[np.isfinite(first)]
    return float(np.median(first)) if len(first) else float("nan")


def _row(family: str, settings: dict[str, str], column: Column) -> list[Entry]:
    known = {s: column.curves[method] for s, method in settings.items() if method in column.curves}
    start = [word(family), word(column.title)]
    if not column.reading.tells:
        return [*start, *[word(CANT, "muted")] * 5]
    values, cap = np.array([curves.compared("last").median for curves in known.values()]), untrained(column)
    if not np.isfinite(cap) or not np.isfinite(values).any():
        return [*start, word("failed", "failed"), *[word("—", "muted")] * 3, number(cap)]
    higher = column.higher_is_better
    found = sensitivity(values, cap, higher)
    top = list(known)[int((np.nanargmax if higher else np.nanargmin)(values))]
    works = Entry(f"{round(found.works * len(values))}/{len(values)}", found.works)
    return [*start, word(top), number(known[top].summary("last").median), works, number(found.regret), number(cap)]
