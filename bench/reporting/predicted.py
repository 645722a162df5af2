"""What theory predicts of a record's numbers, and what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from math import isinf

import numpy as np

from bench.reporting.estimates import digits
from bench.reporting.results import Cell, Results
from bench.reporting.summary import traces
from bench.stats.medians import Estimate, estimate

NEAR = (1e-6, 1e-2)  # shares of a prediction within which it counts as met


@dataclass(frozen=True)
class Comparison:
    """One number of one cell."""

    method: str
    name: str
    predicted: float
    measured: Estimate

    @property
    def deviation(self) -> float:
        """Measured minus predicted; 0 where both are the same infinity."""
        return 0.0 if self.measured.median == self.predicted else self.measured.median - self.predicted

    @property
    def share(self) -> float:
        """|deviation| over |predicted|; NaN where the latter is 0 or infinite."""
        if not self.predicted or isinf(self.predicted):
            return float("nan")
        return abs(self.deviation / self.predicted)


def comparisons(results: Results, cell: Cell) -> list[Comparison]:
    """Every prediction of a cell for which something was measured, in the order in which they were made."""
    found = []
    for name, predicted in (cell.of("predictions") or {}).items():
        table = traces(results, cell, name)
        if predicted is not None and len(table):
            last = table.reindex(columns=sorted(cell.fates)).iloc[-1].to_numpy(dtype=np.float64)
            found.append(Comparison(cell.method, name, float(predicted), estimate(last, higher_is_better=False)))
    return found


def in_words(results: Results) -> str:
    """How many of all numbers that are predicted are met, and which is furthest off; '' where nothing is predicted."""
    found = [c for cell in results.cells for c in comparisons(results, cell) if np.isfinite(c.share)]
    if not found:
        return ""
    far = max(found, key=lambda c: c.share)
    counts = [(sum(c.share <= within for c in found), f"{within:.0e}".replace("e-0", "e-")) for within in NEAR]
    met = [f"{count} {'is' if count == 1 else 'are'} met within {within}" for count, within in counts]
    values = f"{digits(far.predicted)} predicted, {digits(far.measured.median)} measured"
    return (
        f"Of {len(found)} numbers that theory predicts, {' and '.join(met)} of the prediction; the furthest off is "
        f"{far.method}: {far.name}, by {100 * far.share:.2g} % ({values})."
    )
