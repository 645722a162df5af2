"""What was measured beside what theory predicts, where a record holds predictions."""

from __future__ import annotations

import numpy as np

from bench.reporting.estimates import digits
from bench.reporting.figure_style import COLUMN, FAINT, INK, Picture, canvas, plain, save, style
from bench.reporting.page import Part
from bench.reporting.predicted import Comparison, comparisons
from bench.reporting.results import Results
from bench.reporting.table import Entry, Table, number, spread, word

HEADS = ["method", "number", "predicted", "measured", "deviation", "off by"]
CAPTION = (
    "Measured: at the last step at which the probe looked, median over seeds with the interval of this report. "
    "Deviation: measured minus predicted. Off by: its share of the prediction, where that is not 0."
)


def theory(results: Results, dataset: str) -> Part:
    """A table and a figure of one data set; empty where nothing was predicted."""
    found = [comparison for cell in results.on(dataset) for comparison in comparisons(results, cell)]
    if not found:
        return Part(dataset)
    table = Table(
        f"theory-{dataset}",
        f"Theory on {dataset}",
        HEADS,
        [_row(c) for c in found],
        CAPTION,
        frozenset({3}),
        mixed=True,
    )
    return Part(dataset, tables=[table], pictures=[_figure(dataset, found)])


def _row(c: Comparison) -> list[Entry]:
    predicted = Entry(digits(c.predicted), c.predicted)
    if c.measured.failed:
        return [word(c.method), word(c.name), predicted, spread(c.measured), word("—", "muted"), word("—", "muted")]
    off = Entry(f"{100 * c.share:.2g} %", c.share) if np.isfinite(c.share) else word("—", "muted")
    return [word(c.method), word(c.name), predicted, spread(c.measured), number(c.deviation), off]


def _figure(dataset: str, found: list[Comparison]) -> Picture:
    """The deviation's share of every number, a dot each, on a logarithmic axis."""
    key = f"theory-{dataset}"
    shown = [c for c in found if np.isfinite(c.share)]
    exact = 1e-16  # where no digit differs
    with style(key):
        figure = canvas(2 * COLUMN, 0.16 * max(1, len(shown)) + 0.8)
        ax = figure.subplots()
        ax.set_xscale("log")
        ax.set_xlim(exact / 3, 10)
        for row, c in enumerate(shown):
            ax.plot([exact / 3, max(c.share, exact)], [row, row], color=FAINT, lw=0.5)
            ax.plot(max(c.share, exact), row, "o", ms=3, color=INK)
        ax.set_yticks(range(len(shown)), [plain(f"{c.method}: {c.name}", 60) for c in shown])
        ax.set_ylim(len(shown) - 0.4, -0.6)
        ax.set_xlabel("|measured - predicted| / |predicted|")
        caption = (
            f"How far the median over seeds lies from theory on {dataset}, as a share of the prediction; at the left edge "
            "no digit differs. Predictions of 0 are in the table only."
        )
        return save(figure, key, f"Measured beside predicted on {dataset}", caption)
