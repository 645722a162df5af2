"""What the rows of a cell have spent, in steps and in the currencies of budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.plugins.lazily import lazily
from bench.stats.comparable import CURRENCIES, Spent

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

PRICES = {f"{currency}_per_step": currency for currency in CURRENCIES}


def prices(rows: pd.DataFrame) -> dict[str, float]:
    """What a step of a cell costs, by currency; nothing where its records don't say (those of before 0.3)."""
    known = rows[rows["name"].isin(list(PRICES))]
    found = {PRICES[str(name)]: float(of["value"].iloc[0]) for name, of in known.groupby("name")}
    return {"steps": 1.0, **found} if found else {}


def spent(rows: pd.DataFrame) -> Spent:
    """What each seed of a cell was given, by currency; empty where its records don't say what a step costs."""
    steps = float(rows.loc[rows["name"].isin(list(PRICES)), "step"].max())
    return {currency: (steps * each, each) for currency, each in prices(rows).items()}
