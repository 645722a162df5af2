"""Numbers of papers beside those that were measured here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan, sqrt
from typing import Any

import numpy as np

from bench.reporting.estimates import digits
from bench.reporting.results import Results
from bench.reporting.summary import columns
from bench.reporting.table import Entry, Table, word
from bench.suite.published import Published, read

HEADER = ["method", "metric", "published", "here", "seeds", "difference", "source"]
CAPTION = (
    "Means over runs with their standard deviations, as papers give them, of what each run ended with. Difference: of the "
    "means, in standard errors of both where the paper says how far its runs scatter (its number of runs being taken as "
    "ours); within two is what chance alone would show in nineteen of twenty. Seeds that died have no number and are named."
)


def beside_papers(results: Results, suite: Mapping[str, Any], dataset: str) -> Table | None:
    """A row for each number of a paper about a data set; None where the suite has none."""
    said = [one for one in read(suite.get("published")) if one.dataset == dataset]
    if not said:
        return None
    found = {(m, c.metric.name): curves.last for c in columns(results, dataset) for m, curves in c.curves.items()}
    rows = [_row(one, found.get((one.method, one.metric), np.array([]))) for one in said]
    return Table(f"published-{dataset}", f"Published numbers on {dataset}", HEADER, rows, CAPTION)


def _row(said: Published, here: np.ndarray) -> list[Entry]:
    living: Sequence[float] = here[np.isfinite(here)].tolist()
    dead = len(here) - len(living)
    seeds = f"{len(living)}" + (f", {dead} dead" if dead else "")
    head = [word(said.method), word(said.metric), word(_spread(said.mean, said.deviation))]
    if not living:
        return [*head, word("—", "muted"), word(seeds), word("—", "muted"), word(said.source)]
    mean = float(np.mean(living))
    deviation = float(np.std(living, ddof=1)) if len(living) > 1 else float("nan")
    return [
        *head,
        Entry(_spread(mean, deviation), mean),
        word(seeds),
        _difference(said, mean, deviation, len(living)),
        word(said.source),
    ]


def _difference(said: Published, mean: float, deviation: float, n: int) -> Entry:
    gap = mean - said.mean
    error = sqrt((said.deviation**2 + deviation**2) / n) if n > 1 and not isnan(said.deviation) else float("nan")
    shown = f"{gap:+.3g}".replace("-", "−")
    if isnan(error) or error == 0:
        return Entry(shown, gap)
    return Entry(f"{shown} ({abs(gap) / error:.1f} SE)", gap)


def _spread(mean: float, deviation: float) -> str:
    return digits(mean) + ("" if isnan(deviation) else f" ± {digits(deviation)}")
