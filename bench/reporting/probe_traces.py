"""What probes wrote into the records, as numbers to draw: which probe measured what, a table a method, a scale a quantity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from bench.diagnostics.stability import LOSS
from bench.reporting.results import Cell, Results

FACTOR = 30.0  # a linear axis shows values that span less
SHARE = 1.0  # numbers of shares, cosines and rates: within it zeros and signs keep an axis linear
MIDDLE = (1.0, 99.0)  # percentiles of the values that an axis is chosen by, and that it holds


@dataclass(frozen=True)
class Trace:
    """One quantity of one method: a number for every seed and every step at which the probe looked."""

    cell: Cell
    steps: np.ndarray  # [T]
    seeds: tuple[int, ...]
    rows: np.ndarray  # [S, T]; NaN where a seed has no number

    @cached_property
    def median(self) -> np.ndarray:
        """Over the seeds that have a number [T]; NaN where none has."""
        return np.array([_middle(column[np.isfinite(column)]) for column in self.rows.T])


class Scale(NamedTuple):
    """A vertical axis: its kind, its ends, and up to which |value| a symmetric logarithm is straight."""

    kind: Literal["linear", "log", "symlog"]
    low: float
    high: float
    straight: float = 0.0


RULE = (
    f"An axis is linear where the middle 98 % of its values span less than a factor of {FACTOR:g}, or where values with zeros "
    f"or both signs stay within ±{SHARE:g}; else it is logarithmic, and with zeros or both signs a symmetric logarithm that is "
    "straight below the median size. It holds the middle 98 %; what leaves it goes on outside."
)


def scale_of(values: np.ndarray) -> Scale:
    """The axis of some numbers, by RULE; numbers that are not finite play no part."""
    values = values[np.isfinite(values)]
    if not values.size:
        return Scale("linear", 0.0, 1.0)
    low, high = np.percentile(values, MIDDLE)
    sizes = np.abs(values[values != 0])
    if values.min() > 0:
        if high / low >= FACTOR:
            return Scale("log", low / 1.3, high * 1.3)
    elif np.abs(values).max() > SHARE and np.percentile(sizes, MIDDLE[1]) >= FACTOR * np.median(sizes):
        straight = 10.0 ** np.floor(np.log10(np.median(sizes)))
        room = 1.3 if abs(high) > straight else 1.0
        return Scale("symlog", low * 1.3 if low < 0 else low - straight / 4, high * room + straight / 4, straight)
    if low == high == 0:
        return Scale("linear", -0.05, 1.0)
    room = 0.08 * (high - low) or 0.1 * abs(high) or 0.5
    return Scale("linear", low - room, high + room)


def probed(results: Results, dataset: str) -> dict[str, list[str]]:
    """Probe -> what it measured on a data set, in the records' order; losses have a figure of their own.

    Of records that do not say which probe wrote a trace, the first word of its name tells: `grad` of `grad_norm_G`.
    """
    names = set(map(str, results.rows(dataset, "trace")["name"].unique()))
    found: dict[str, list[str]] = {}
    for cell in results.on(dataset):
        for probe, traces in (cell.of("probes") or {}).items():
            found.setdefault(str(probe), []).extend(traces)
    said = {name for traces in found.values() for name in traces}
    for name in sorted(names - said):
        found.setdefault(name.partition("_")[0], []).append(name)
    kept = {
        probe: [name for name in dict.fromkeys(traces) if name in names and not LOSS.match(name)]
        for probe, traces in found.items()
    }
    return {probe: traces for probe, traces in kept.items() if traces}


def traces_of(results: Results, dataset: str) -> dict[str, dict[str, Trace]]:
    """Name of a trace -> method -> what was measured, methods in the suite's order; read once for all names."""
    rows = results.rows(dataset, "trace")
    cells = {cell.method: cell for cell in results.on(dataset)}
    found: dict[str, dict[str, Trace]] = {}
    held = {}
    for (method, name), part in rows.groupby(["method", "name"], sort=False, observed=True):
        if str(method) in cells:
            held[str(name), str(method)] = part
    for name, method in sorted(held, key=lambda key: list(cells).index(key[1])):
        part, cell = held[name, method], cells[method]
        trace = _trace(cell, *(part[what].to_numpy() for what in ("seed", "step", "value")))
        if trace is not None:
            found.setdefault(name, {})[method] = trace
    return found


def _trace(cell: Cell, seed: np.ndarray, step: np.ndarray, value: np.ndarray) -> Trace | None:
    known = np.isin(seed, list(cell.fates))
    if not known.any():
        return None
    seeds, steps = np.unique(seed[known]), np.unique(step[known])
    table = np.full((len(seeds), len(steps)), np.nan)
    table[np.searchsorted(seeds, seed[known]), np.searchsorted(steps, step[known])] = value[known].astype(np.float64)
    return Trace(cell, steps.astype(np.float64), tuple(map(int, seeds)), table)


def extremes(traces: Mapping[str, Trace]) -> tuple[tuple[str, float], tuple[str, float]] | None:
    """(method, last median) of the least and of the greatest; None where no method ends with a number."""
    ends = [(method, float(trace.median[-1])) for method, trace in traces.items()]
    ends = [end for end in ends if np.isfinite(end[1])]
    return (min(ends, key=lambda e: e[1]), max(ends, key=lambda e: e[1])) if ends else None


def _middle(values: np.ndarray | Sequence[float]) -> float:
    return float(np.median(values)) if len(values) else float("nan")
