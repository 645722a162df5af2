"""`published:` of a suite: numbers that papers give for its methods, which reports put beside what was measured here.

    published:
      - {method: PacGAN2, on: ring8, source: 'Lin et al. 2018, table 1', modes_hit: [7.9, 0.1]}

A metric has a mean, or a mean and a standard deviation over runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Any

from bench.suite.validation import belong, is_a, text
from bench.suite.yaml_lines import Item, Problems

NAMED = ("method", "on", "source")
SHAPE = "{method: A, on: ring8, source: 'Author et al. 2018, table 1', metric: [mean, deviation]}"


@dataclass(frozen=True)
class Published:
    """One number of a paper."""

    dataset: str
    method: str
    metric: str
    mean: float
    deviation: float  # over the paper's runs; not a number where it gives none
    source: str


def published(
    item: Item | None, metrics: Sequence[str] | None, labels: Mapping[str, list[str] | None], problems: Problems
) -> tuple[Published, ...]:
    """The section, checked against the suite's metrics and labels (None: not known); what is wrong is noted."""
    if item is None or not is_a(item, list, "published", problems, f"a list of {SHAPE}"):
        return ()
    known = None if metrics is None else [*metrics, "quality"]
    found: list[Published] = []
    for entry in item.value:
        if not is_a(entry, dict, "published", problems, SHAPE):
            continue
        if missing := [key for key in NAMED if key not in entry.value]:
            problems.add(entry.line, "published", f"the key '{missing[0]}' is missing: expected {SHAPE}")
            continue
        if empty := [key for key in NAMED if not text(entry.value[key], f"published.{key}", problems).strip()]:
            if not isinstance(entry.value[empty[0]].value, dict | list):  # which was said
                problems.add(entry.line, f"published.{empty[0]}", f"is empty: expected {SHAPE}")
            continue
        for key, what, section in (("method", "method", "methods"), ("on", "data set", "datasets")):
            belong([entry.value[key]], labels[section], what, "published", problems)
        scores = {key: value for key, value in entry.value.items() if key not in NAMED}
        belong([Item(key, value.line, key) for key, value in scores.items()], known, "metric", "published", problems)
        if not scores:
            problems.add(entry.line, "published", f"gives no number: expected {SHAPE}")
        for key, value in scores.items():
            if _number(value.plain) is None:
                said = f"expected a number, or [mean, deviation], not {value.written or value.plain!r}"
                problems.add(value.line, f"published.{key}", said)
        found += read([entry.plain])
    return tuple(found)


def read(rows: Any) -> Iterator[Published]:
    """The numbers of a section as a stored suite has it; what is none is passed over."""
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and all(key in row for key in NAMED):
            method, dataset, source = (str(row[key]) for key in NAMED)
            for metric, value in row.items():
                if metric not in NAMED and (number := _number(value)) is not None:
                    yield Published(dataset, method, str(metric), *number, source)


def _number(value: Any) -> tuple[float, float] | None:
    """(mean, deviation)"""
    parts = value if isinstance(value, list) else [value, nan]
    good = len(parts) == 2 and all(isinstance(part, int | float) and not isinstance(part, bool) for part in parts)
    if not good or not isfinite(parts[0]) or (isinstance(value, list) and not 0 <= parts[1] < inf):
        return None
    return float(parts[0]), float(parts[1])
