"""What the suite found: for every data set and metric, one curve per seed, and the medians that may be compared.

A two-sided metric (records/readings.py) is shown in its own units and compared by its distance from real data's value; one
that can't tell is not compared.
Only numbers that were made alike are compared (stats/comparable.py). Such a set of numbers is a *column*; a method that was
measured under another protocol, trained for another budget or on other data gets a column of its own, and `incomparable` in
this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from bench.diagnostics import learning_curve
from bench.records.readings import CANT, Reading, reading_of
from bench.reporting.estimates import digits
from bench.reporting.made_alike import budget_classes, precision
from bench.reporting.results import Cell, Fate, Results
from bench.stats.comparable import ALL, BUDGET, PRECISION, PROTOCOL, Made
from bench.stats.medians import Estimate, estimate


@dataclass(frozen=True)
class Metric:
    """How a metric is read."""

    name: str
    higher_is_better: bool
    log: bool

    @property
    def arrow(self) -> str:
        return "↑" if self.higher_is_better else "↓"


@dataclass(frozen=True)
class Curves:
    """One metric of one cell: a value per seed and evaluated step."""

    cell: Cell
    metric: Metric
    table: pd.DataFrame  # [steps, seeds]; NaN where a seed has no number
    floor: float  # real against held-out; NaN where none was recorded
    reading: Reading

    @property
    def higher_is_better(self) -> bool:
        """Of what is compared: a distance from real data's value is better where it is lower."""
        return self.metric.higher_is_better and not self.reading.two_sided

    @property
    def compared_rows(self) -> np.ndarray:
        """[seeds, steps] of what is compared: |m - real| of a two-sided metric, else the metric."""
        return self._compared(self.rows)

    @property
    def compared_last(self) -> np.ndarray:
        """Each seed's last number as it is compared, [S]; a dead seed has none."""
        return self._compared(self.last)

    @property
    def steps(self) -> np.ndarray:
        return self.table.index.to_numpy(dtype=np.float64)

    @property
    def rows(self) -> np.ndarray:
        """[seeds, steps]"""
        return self.table.to_numpy(dtype=np.float64).T

    @property
    def fates(self) -> list[Fate]:
        return [self.cell.fates[int(seed)] for seed in self.table.columns]

    def _per_seed(self, read: Callable[[np.ndarray], float]) -> np.ndarray:
        """One number a seed; a dead seed has none."""
        rows = zip(self.rows, self.fates, strict=True)
        return np.array([np.nan if fate.dead else read(row) for row, fate in rows], dtype=np.float64)

    @cached_property
    def last(self) -> np.ndarray:
        """Each seed's value at the last evaluation, [S]."""
        return self._per_seed(lambda row: float(row[-1]))

    @cached_property
    def best(self) -> np.ndarray:
        """Each seed's best evaluation, [S]: what picking the best checkpoint would report."""
        if self.reading.two_sided:
            return self._per_seed(self._nearest)
        return self._per_seed(lambda row: learning_curve.best(row, self.metric.higher_is_better))

    @cached_property
    def area(self) -> np.ndarray:
        """Each seed's average over training, [S], in the metric's own unit; of |m - real| where that is compared."""
        return self._per_seed(lambda row: learning_curve.area_under_curve(self._compared(row), self.steps))

    @cached_property
    def hidden(self) -> np.ndarray:
        """Each seed's best-to-last ratio, [S], >= 1: what picking the best checkpoint would hide. NaN of distances."""
        if self.reading.two_sided:
            return np.full(len(self.fates), np.nan)
        return self._per_seed(lambda row: learning_curve.best_to_last(row, self.steps, self.metric.higher_is_better))

    def reached(self, target: float) -> np.ndarray:
        """Each seed's first step at which the target is met, [S]; NaN where it never is. Dead seeds may have met it.

        The target of a two-sided metric is a distance from real data's value.
        """
        first = [learning_curve.time_to(row, self.steps, target, self.higher_is_better) for row in self.compared_rows]
        return np.array([np.nan if step is None else step for step in first], dtype=np.float64)

    def summary(self, of: str) -> Estimate:
        """What is shown: the median of `last`, `best` or `area`."""
        distances = of == "area" and self.reading.two_sided
        return estimate(getattr(self, of), self.metric.higher_is_better and not distances)

    def compared(self, of: str) -> Estimate:
        """What decides: the same, of |m - real| for a two-sided metric."""
        values = getattr(self, of)
        return estimate(values if of == "area" else self._compared(values), self.higher_is_better)

    def _compared(self, values: np.ndarray) -> np.ndarray:
        return np.abs(values - self.reading.real) if self.reading.two_sided else values

    def _nearest(self, row: np.ndarray) -> float:
        apart = self._compared(row)
        return float(row[np.nanargmin(apart)]) if np.isfinite(apart).any() else float("nan")


@dataclass(frozen=True)
class Column:
    """Curves that may be compared: one metric of one data set, made alike."""

    metric: Metric
    made: Made
    curves: Mapping[str, Curves]  # by method
    apart: tuple[str, ...]  # in what it differs from other columns of this data set with the same metric
    reading: Reading

    @property
    def name(self) -> str:
        """The metric, and what tells this column from another of the same metric."""
        mark = ", ".join(self.made[what][:8] if what == PROTOCOL else self.made[what] for what in self.apart)
        return f"{self.metric.name} ({mark})" if mark else self.metric.name

    @property
    def title(self) -> str:
        """With its arrow: ↑, ↓, `→ 0.989` (nearest to real data's value), or that it can't tell."""
        if not self.reading.tells:
            return f"{self.name} ({CANT})"
        return f"{self.name} " + (f"→ {digits(self.reading.real)}" if self.reading.two_sided else self.metric.arrow)

    @property
    def trained(self) -> Column:
        """Without samples that were made elsewhere, of which there is no curve and no cost."""
        return replace(self, curves={m: c for m, c in self.curves.items() if not c.cell.pretrained})

    @property
    def higher_is_better(self) -> bool:
        """Of what is compared."""
        return self.metric.higher_is_better and not self.reading.two_sided

    @property
    def floor(self) -> float:
        """The same metric between real and held-out real data; NaN where none was recorded."""
        known = [c.floor for c in self.curves.values() if np.isfinite(c.floor)]
        return known[0] if known else float("nan")

    def winner(self, of: str = "last") -> str | None:
        """The method whose interval lies clear of every other's; None where that is not decided, or can't be."""
        found = self._compared(of)
        sign = 1.0 if self.higher_is_better else -1.0
        decided = {m: sign * one.worst_end for m, one in found.items() if not np.isnan(one.worst_end)}
        if len(found) < 2 or not decided:
            return None
        first = max(decided, key=decided.__getitem__)  # whoever is clear of all has the best worst end
        return first if all(found[first].clear_of(other) for m, other in found.items() if m != first) else None

    def leaders(self, of: str = "last") -> list[str]:
        """The methods that are not clearly worse than the best median, best first; empty where every median failed."""
        found = self._compared(of)
        sign = -1.0 if self.higher_is_better else 1.0
        ranked = sorted((m for m in found if not found[m].failed), key=lambda m: sign * found[m].median)
        return [m for m in ranked if not found[ranked[0]].clear_of(found[m])]

    def _compared(self, of: str) -> dict[str, Estimate]:
        """By method; nothing where the metric can't tell."""
        return {m: c.compared(of) for m, c in self.curves.items()} if self.reading.tells else {}


@lru_cache(maxsize=8)
def metrics_of(results: Results) -> list[Metric]:
    """Every metric that any cell declares or carries a score of, in the suite's order."""
    known: dict[str, Metric] = {}
    for cell in results.cells:
        for record in cell.records:
            for name, facts in (record.get("metrics") or {}).items():
                known.setdefault(name, Metric(name, bool(facts["higher_is_better"]), facts.get("scale") == "log"))
    return list(known.values())


@lru_cache(maxsize=32)  # every table and figure of a data set reads the same columns
def columns(results: Results, dataset: str) -> list[Column]:
    """The columns of one data set, metrics in the suite's order; metrics without a single row are left out."""
    scores = results.rows(dataset, "score")
    cells = {cell.method: cell for cell in results.on(dataset)}
    found = []
    records = [record for cell in cells.values() for record in cell.records]
    budgets, shared = budget_classes(cells.values()), precision(cells.values())
    for metric in metrics_of(results):
        how = reading_of(records, dataset, metric.name) or Reading(metric.name)
        rows = scores[scores["name"] == metric.name]
        measured = _seeds_of(rows)
        parts: dict[str, list[tuple[dict[str, str], pd.DataFrame]]] = {}
        for (method, *variant), part in rows.groupby(["method", *ALL], sort=True, dropna=False, observed=True):
            parts.setdefault(str(method), []).append((dict(zip(ALL, map(_text, variant), strict=True)), part))
        split: dict[tuple[str, ...], dict[str, Curves]] = {}
        for method, cell in cells.items():
            for made, part in parts.get(method, []):
                made[BUDGET] = budgets[method, made[BUDGET]]
                made[PRECISION] = made[PRECISION] or shared
                split.setdefault(tuple(made.values()), {})[method] = _curves(cell, metric, part, how, measured)
        found += _columns(metric, split, how)
    return found


def _columns(metric: Metric, split: Mapping[tuple[str, ...], Mapping[str, Curves]], how: Reading) -> list[Column]:
    variants = [dict(zip(ALL, variant, strict=True)) for variant in split]
    apart = tuple(what for what in ALL if len({made[what] for made in variants}) > 1)
    told = [{**made, **{what: made[what] or f"{what} unknown" for what in apart}} for made in variants]
    return [Column(metric, made, curves, apart, how) for made, curves in zip(told, split.values(), strict=True)]


def _seeds_of(rows: pd.DataFrame) -> dict[str, set[int]]:
    """By method."""
    known = rows[["method", "seed"]].drop_duplicates()
    found: dict[str, set[int]] = {}
    for method, seed in zip(known["method"], known["seed"], strict=True):
        found.setdefault(str(method), set()).add(int(seed))
    return found


def _curves(cell: Cell, metric: Metric, rows: pd.DataFrame, how: Reading, measured: dict[str, set[int]]) -> Curves:
    """The seeds that have such numbers, and those that died before they had any."""
    own, steps = rows["seed"].to_numpy(np.int64), rows["step"].to_numpy(np.int64)
    known = np.isin(own, list(cell.fates))
    unseen = set(cell.fates) - measured[cell.method]
    seeds, at = np.unique(own[known]), np.unique(steps[known])
    wanted = np.array(sorted({*map(int, seeds), *unseen}), dtype=np.int64)
    table = np.full((len(at), len(wanted)), np.nan)
    table[np.searchsorted(at, steps[known]), np.searchsorted(wanted, own[known])] = rows["value"].to_numpy()[known]
    floor = cell.of("floors", metric.name)
    whole = pd.DataFrame(table, index=at, columns=wanted)
    return Curves(cell, metric, whole, float("nan") if floor is None else float(floor), how)


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def traces(results: Results, cell: Cell, name: str) -> pd.DataFrame:
    """One trace of one cell, [steps, seeds]; NaN where a seed has no number."""
    rows = results.rows(cell.dataset, "trace")
    rows = rows[(rows["method"] == cell.method) & (rows["name"] == name) & rows["seed"].isin(list(cell.fates))]
    return rows.pivot_table(index="step", columns="seed", values="value", aggfunc="last", dropna=False).sort_index()


def trace_names(results: Results, dataset: str) -> list[str]:
    return sorted(map(str, results.rows(dataset, "trace")["name"].unique()))
