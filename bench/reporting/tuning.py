"""Tuning: which settings were tried, which was chosen, and what fewer trials would have found."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, nan

import numpy as np

from bench.records.tuned import WORKS, Tuned, TunedSuite
from bench.records.tuned_table import setting_text, tolerance
from bench.reporting.figure_style import Stroke
from bench.reporting.page import Part
from bench.reporting.results import Results
from bench.reporting.summary import columns
from bench.reporting.table import Entry, Table, number, ranged, spread, word
from bench.reporting.tuning_figures import best_of_k_curves, settings_strip
from bench.stats.best_of_k import best_of_k, best_of_k_quantile
from bench.stats.rates import wilson

RANGE = 0.95  # of all choices of k trials
EACH = 20  # k up to which each is a row; beyond, some
BEYOND = (25, 30, 40, 50, 75, 100, 150, 200, 300, 400, 500, 750)


def tuning(found: TunedSuite | None, results: Results, dataset: str, ink: Mapping[str, Stroke]) -> Part:
    """What the trials on one data set say; empty where nothing is tuned there."""
    cells = found.on(dataset) if found else []
    if found is None or not cells:
        return Part()
    tables = [_chosen(found, cells, results, dataset)]
    finished = [one for one in cells if one.complete and not one.cant]
    pictures = []
    if finished:
        tables.append(_best_of_k(found, finished, dataset))
        pictures = [best_of_k_curves(found, finished, dataset, ink), settings_strip(found, finished, dataset, ink)]
    return Part(dataset, _sentences(found, cells, results), tables, pictures)


def _sentences(found: TunedSuite, cells: list[Tuned], results: Results) -> list[str]:
    said = []
    for one in cells:
        best = one.chosen
        if one.cant:
            said.append(f"{one.method} has no setting: {one.cant}.")
        elif best is None:
            left = sum(not trial.done for trial in one.trials)
            said.append(f"{one.method} has no setting: {left} of {found.trials} trials have no result.")
        elif not one.works:
            said.append(
                f"{one.method} never works: none of its {found.trials} trials came to a number. Its first setting was run."
            )
        if best is not None and _other_setting(one, results):
            said.append(
                f"{one.method}: its results are of another setting than the one chosen here; bench run trains this one."
            )
    return said


def _other_setting(one: Tuned, results: Results) -> bool:
    """Whether the records of a cell were made with another setting than the chosen one."""
    cell = next((c for c in results.on(one.dataset) if c.method == one.method), None)
    held = cell.of("tuned", "setting") if cell else None
    return held is not None and one.chosen is not None and held != dict(one.chosen.setting)


def _chosen(found: TunedSuite, cells: list[Tuned], results: Results, dataset: str) -> Table:
    own = {
        method: spread(curves.summary("last"))
        for column in columns(results, dataset)
        if column.metric.name == found.select
        for method, curves in column.curves.items()
    }
    rows = []
    for one in cells:
        values = one.values()
        best = one.direction.back(float(values[one.chosen.trial])) if one.chosen else nan
        trial = number(best) if one.works or not one.chosen else word("failed", "failed")
        setting = word(setting_text(one), "" if one.chosen and one.works else "failed")
        rows.append([word(one.method), setting, trial, own.get(one.method, word("—", "muted")), _tolerance(one)])
    caption = (
        f"{found.trials} settings of each method, the same Sobol points for methods that share a space, {found.seeds} seeds a "
        f"setting, which are used for nothing else. Chosen: the best median {found.select} at the end"
        f"{', averaged over the data sets' * any(one.shared for one in cells)}, dead seeds ranked worst; of equal ones the "
        "first. Own seeds: the method's result, on the suite's seeds; it is usually worse than "
        f"the chosen trial, which was picked for its value. Works: settings with a median q ≥ {WORKS:g}, with Wilson's 95 % "
        "interval: how tolerant the method is of its setting, in this space."
    )
    header = ["method", "chosen setting", f"{found.select}: its trial", "own seeds", "works"]
    return Table(f"tuning-{dataset}", f"Tuning on {dataset}", header, rows, caption, frozenset({3, 4}))


def _best_of_k(found: TunedSuite, cells: list[Tuned], dataset: str) -> Table:
    """A row for each number of trials, a column for each method."""
    floor = worst(cells)
    tails = (1 - RANGE) / 2
    curves = {}
    for one in cells:
        values = one.values()
        ends = best_of_k_quantile(values, tails), best_of_k_quantile(values, 1 - tails)
        curves[one.method] = one.direction, best_of_k(values, floor), *ends
    trials = [k for k in range(1, found.trials + 1) if k <= EACH or k in BEYOND or k == found.trials]
    rows = [
        [
            number(k),
            *(_entry(*(direction.back(float(part[k - 1])) for part in parts)) for direction, *parts in curves.values()),
        ]
        for k in trials
    ]
    caption = (
        f"The median {found.select} of the best of k settings, had only k been tried: its expectation over all choices of k "
        f"of the {found.trials} trials, and in brackets the range that holds {RANGE:.0%} of those choices (all of them are one "
        "choice in the end: what chance in drawing the settings themselves does is not in it). A failed trial counts in the "
        "expectation as the worst value that any trial on this data set reached, and in the range as failed."
    )
    header = ["trials", *(one.method for one in cells)]
    spreads = frozenset(range(1, len(header)))
    return Table(f"best-of-k-{dataset}", f"Best of k trials on {dataset}", header, rows, caption, spreads)


def worst(cells: list[Tuned]) -> float:
    """The worst value, turned, that any trial of some cells reached; -inf where all failed."""
    values = np.concatenate([one.values() for one in cells])
    known = values[np.isfinite(values)]
    return float(known.min()) if len(known) else -np.inf


def _entry(expected: float, low: float, high: float) -> Entry:
    if not isfinite(expected):
        return Entry("failed", nan, kind="failed")
    ends = sorted((low, high)) if isfinite(low) and isfinite(high) else (low, high)
    low, high = (end if isfinite(end) else nan for end in ends)
    return ranged(expected, low, high)


def _tolerance(one: Tuned) -> Entry:
    known = tolerance(one)
    if known is None:
        return word("no quality", "muted")
    low, high = wilson(*known)
    return Entry(f"{known[0]}/{known[1]} [{low:.2f}, {high:.2f}]", known[0] / known[1], low, high)
