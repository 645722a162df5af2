"""What the cells of a frame have spent, in steps and in the currencies of budgets, and how far they had come at an amount."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.claims.claim_types import Spent
from bench.diagnostics.spent import prices, spent
from bench.plugins.lazily import lazily
from bench.stats.comparable import BUDGET, agree, differences

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

Cell = tuple[str, str]  # data set, method


def of_cell(frame: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    return frame[(frame["dataset"] == cell[0]) & (frame["method"] == cell[1])]


def steps_at(rows: pd.DataFrame, at: Spent) -> float | None:
    """How many steps of a cell an amount pays for; None where its price is not known."""
    price = {"steps": 1.0, **prices(rows)}.get(at.currency)
    return None if not price else at.amount / price


def falls_short(rows: pd.DataFrame, cell: Cell, at: Spent) -> str | None:
    """Why a cell can't be read at an amount: it was trained for less, or nothing says what a step costs."""
    paid = steps_at(rows, at)
    if paid is None:
        return f"what a step of {cell[1]} on {cell[0]} costs in {at.currency} is not recorded"
    trained = float(rows["step"].max())
    if trained + 1 <= paid:
        amount = Spent(at.currency, trained * at.amount / paid)
        return f"{cell[1]} on {cell[0]} was trained for {amount} only"
    return None


def unequal(frame: pd.DataFrame, cells: Sequence[Cell]) -> str | None:
    """What cells have spent, where they agree in no currency to a step; None where they do, or it is not known of all."""
    known = [spent(of_cell(frame, cell)) for cell in cells]
    if agree(known):
        return None
    told = [
        (method, {BUDGET: " = ".join(f"{one[c][0]:.10g} {c}" for c in ("steps", "gradients") if c in one)})
        for (_, method), one in zip(cells, known, strict=True)
    ]
    return f"{'; '.join(differences(told, (BUDGET,)))}; give them one budget, or say 'at'"
