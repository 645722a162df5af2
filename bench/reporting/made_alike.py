"""Whether the methods of a data set may be compared, said in a sentence."""

from __future__ import annotations

from collections.abc import Iterable

from bench.records.made_under import made_under, spent
from bench.reporting.results import Cell
from bench.stats.comparable import BUDGET, PRECISION, RUN, VERSIONS, classes, differences


def budget_classes(cells: Iterable[Cell]) -> dict[tuple[str, str], str]:
    """(method, what it was given) -> what the first one was given that has spent as much."""
    known = {(cell.method, made_under(one)[BUDGET]): spent(one) for cell in cells for one in cell.records}
    return {given: first for given, (_, first) in classes(known).items()}


def precision(cells: Iterable[Cell]) -> str:
    """The one of all cells of which it is known; '' where they differ."""
    known = {made_under(one)[PRECISION] for cell in cells for one in cell.records} - {""}
    return known.pop() if len(known) == 1 else ""


def unlike(cells: Iterable[Cell]) -> list[str]:
    """What keeps cells of one data set from being compared, and that their releases of PyTorch differ: a sentence each."""
    cells = [cell for cell in cells if cell.fates]
    budgets, sides = budget_classes(cells), []
    for cell in cells:
        for record in cell.records:
            made = made_under(record)
            sides.append((cell.method, {**made, BUDGET: budgets[cell.method, made[BUDGET]]}))
    apart, releases = differences(sides, (*RUN, BUDGET)), differences(sides, (VERSIONS,))
    said = [f"Not all are compared with one another: {'; '.join(apart)}."] if apart else []
    return said + [f"One thing more is not the same: {one}." for one in releases]
