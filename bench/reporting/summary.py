"""What the suite found: for every data set and metric, one curve per seed, and the medians that may be compared.

A two-sided metric (records/readings.py) is shown in its own units and compared by its distance from real data's value; one
that can't tell is not compared.
Only numbers of the same protocol and the same kind of device are comparable. Such a set of numbers is a *column*; a
method measured under another protocol gets a column of its own, and `incomparable` in this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from bench.diagnostics import learning_curve
from bench.records.readings import CANT, Reading, reading_of
from bench.reporting.estimates import digits
from bench.reporting.results import Cell, Fate, Results
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
    """Curves that may be compared: one metric of one data set under one protocol on one kind of device."""

    metric: Metric
    protocol: str
    device: str
    curves: Mapping[str, Curves]  # by method
    alone: bool  # no other column of this data set has the same metric
    reading: Reading

    @property
    def name(self) -> str:
        """The metric, and what tells this column from another of the same metric."""
        mark = "" if self.alone else f" ({self.protocol[:8] or 'no protocol'}, {self.device or 'unknown device'})"
        return f"{self.metric.name}{mark}"

    @property
    def title(self) -> str:
        """With its arrow: ↑, ↓, `→ 0.989` (nearest to real data's value), or that it can't tell."""
        if not self.reading.tells:
            return f"{self.name} ({CANT})"
        return f"{self.name} " + (f"→ {digits(self.reading.real)}" if self.reading.two_sided else self.metric.arrow)

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
        if len(found) < 2:
            return None
        for method, mine in found.items():
            if all(mine.clear_of(other) for name, other in found.items() if name != method):
                return method
        return None

    def leaders(self, of: str = "last") -> list[str]:
        """The methods that are not clearly worse than the best median, best first; empty where every median failed."""
        found = self._compared(of)
        sign = -1.0 if self.higher_is_better else 1.0
        ranked = sorted((m for m in found if not found[m].failed), key=lambda m: sign * found[m].median)
        return [m for m in ranked if not found[ranked[0]].clear_of(found[m])]

    def _compared(self, of: str) -> dict[str, Estimate]:
        """By method; nothing where the metric can't tell."""
        return {m: c.compared(of) for m, c in self.curves.items()} if self.reading.tells else {}


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
    for metric in metrics_of(results):
        how = reading_of(records, dataset, metric.name) or Reading(metric.name)
        split: dict[tuple[str, str], dict[str, Curves]] = {}
        rows = scores[scores["name"] == metric.name]
        for method, cell in cells.items():
            mine = rows[(rows["method"] == method) & rows["seed"].isin(list(cell.fates))]
            unseen = sorted(set(cell.fates) - set(mine["seed"]))  # dead before the first evaluation
            for (protocol, device), part in mine.groupby(["protocol", "device"], sort=True, dropna=False):
                curves = _curves(cell, metric, part, unseen, how)
                split.setdefault((_text(protocol), _text(device)), {})[method] = curves
        found += [Column(metric, *variant, curves, len(split) == 1, how) for variant, curves in split.items()]
    return found


def _curves(cell: Cell, metric: Metric, rows: pd.DataFrame, unseen: list[int], how: Reading) -> Curves:
    table = rows.pivot_table(index="step", columns="seed", values="value", aggfunc="last", dropna=False)
    table = table.reindex(columns=sorted({*map(int, table.columns), *unseen})).astype("float64").sort_index()
    floor = cell.of("floors", metric.name)
    return Curves(cell, metric, table, float("nan") if floor is None else float(floor), how)


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def traces(results: Results, cell: Cell, name: str) -> pd.DataFrame:
    """One trace of one cell, [steps, seeds]; NaN where a seed has no number."""
    rows = results.rows(cell.dataset, "trace")
    rows = rows[(rows["method"] == cell.method) & (rows["name"] == name) & rows["seed"].isin(list(cell.fates))]
    return rows.pivot_table(index="step", columns="seed", values="value", aggfunc="last", dropna=False).sort_index()


def trace_names(results: Results, dataset: str) -> list[str]:
    return sorted(results.rows(dataset, "trace")["name"].astype(str).unique())
