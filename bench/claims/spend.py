"""What the cells of a frame have spent, in steps and in the currencies of budgets, and how far they had come at an amount."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bench.claims.claim_types import Spent
from bench.claims.cost_names import CURRENCIES

Cell = tuple[str, str]  # data set, method


def of_cell(frame: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    return frame[(frame["dataset"] == cell[0]) & (frame["method"] == cell[1])]


def prices(rows: pd.DataFrame) -> dict[str, float]:
    """What a step of a cell costs, by currency; nothing where its records don't say (those of before 0.3)."""
    names = {f"{currency}_per_step": currency for currency in CURRENCIES}
    known = rows[rows["name"].isin(list(names))]
    found = {names[str(name)]: float(of["value"].iloc[0]) for name, of in known.groupby("name")}
    return {"steps": 1.0, **found} if found else {}


def steps_at(rows: pd.DataFrame, spent: Spent) -> float | None:
    """How many steps of a cell an amount pays for; None where its price is not known."""
    price = {"steps": 1.0, **prices(rows)}.get(spent.currency)
    return None if not price else spent.amount / price


def falls_short(rows: pd.DataFrame, cell: Cell, spent: Spent) -> str | None:
    """Why a cell can't be read at an amount: it was trained for less, or nothing says what a step costs."""
    paid = steps_at(rows, spent)
    if paid is None:
        return f"what a step of {cell[1]} on {cell[0]} costs in {spent.currency} is not recorded"
    trained = float(rows["step"].max())
    if trained + 1 <= paid:
        amount = Spent(spent.currency, trained * spent.amount / paid)
        return f"{cell[1]} on {cell[0]} was trained for {amount} only"
    return None


def unequal(frame: pd.DataFrame, cells: Sequence[Cell]) -> str | None:
    """What cells have spent, where they agree in no currency to a step; None where they do, or it is not known of all."""
    known = []
    for cell in cells:
        rows = of_cell(frame, cell)
        price = prices(rows)
        if not price:
            return None
        steps = float(rows.loc[rows["name"].isin([f"{c}_per_step" for c in price]), "step"].max())
        known.append({currency: (steps * each, each) for currency, each in price.items()})
    for currency in set.intersection(*map(set, known)):
        totals = [spent[currency][0] for spent in known]
        if max(totals) - min(totals) < max(spent[currency][1] for spent in known):
            return None
    told = [
        f"{method} {spent['steps'][0]:.10g} steps ({spent['gradients'][0]:.10g} gradients)"
        for (_, method), spent in zip(cells, known, strict=True)
        if "gradients" in spent
    ]
    return f"they are trained for unlike budgets: {', '.join(told)}; give them one budget, or say 'at'"
