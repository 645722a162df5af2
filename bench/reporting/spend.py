"""What methods have spent when a number was measured: the axis that they share, and how unlike their steps are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.reporting.results import Cell, Results
from bench.reporting.summary import Curves

LABELS = {"gradients": "gradient evaluations", "updates": "updates", "samples": "samples seen"}


@dataclass(frozen=True)
class Axis:
    """Of curves: steps, or the currency of the budget that all methods of a data set were given."""

    label: str
    price: Mapping[str, float]  # of a step, by method

    def of(self, curves: Curves) -> np.ndarray:
        """Where the evaluations of a method lie [T]."""
        return curves.steps * self.price.get(curves.cell.method, 1.0)

    def at(self, curves: Curves, step: float) -> float:
        return step * self.price.get(curves.cell.method, 1.0)


def axis(results: Results, dataset: str) -> Axis:
    """The axis of a data set's curves."""
    cells = [cell for cell in results.on(dataset) if cell.fates and not cell.pretrained]
    paid = {_budget(cell).get("currency") for cell in cells}
    (currency,) = paid if len(paid) == 1 else (None,)
    price = {cell.method: _price(cell, str(currency)) for cell in cells}
    if currency is None or not all(price.values()):
        return Axis("step", {})
    return Axis(LABELS[str(currency)], price)


def unlike_steps(results: Results, dataset: str) -> str:
    """One sentence, where methods that took as many steps took unequal numbers of gradients; '' where they did not."""
    cells = [cell for cell in results.on(dataset) if cell.fates and not cell.pretrained]
    price = {cell.method: _price(cell, "gradients") for cell in cells}
    steps = {int((cell.records[0].get("train") or {}).get("steps") or 0) for cell in cells}
    if len(steps) != 1 or not all(price.values()) or len(set(price.values())) < 2:
        return ""
    told = ", ".join(f"{method} {value:.3g}" for method, value in price.items())
    return f"A step is not the same for all: gradients of a step are {told}. Give all one budget of them to compare at equal cost."


def _budget(cell: Cell) -> Mapping[str, Any]:
    return (cell.records[0].get("train") or {}).get("budget") or {}


def _price(cell: Cell, currency: str) -> float:
    return float(cell.records[0].get(f"{currency}_per_step") or 0)
