"""Which cells a stored suite asks for, and in which order: read from its text, without its plugins."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.claims.label_patterns import matches
from bench.suite.grammar import Call, GrammarError, read, text
from bench.suite.stored_suite import StoredExperiment, stored_experiments, unvaried, variant_of


@dataclass(frozen=True)
class StoredCells:
    """The labels of a suite in the order of its file, points of grids included."""

    datasets: tuple[str, ...]
    methods: tuple[str, ...]
    experiments: tuple[StoredExperiment, ...] = ()
    loose: frozenset[str] = frozenset()  # rows whose points can't be told without the plugin
    skip: tuple[tuple[str, str], ...] = ()  # patterns of data set and method

    def holds(self, dataset: str, method: str) -> bool:
        """Whether the suite still asks for a cell; always where nothing is known of the suite."""
        if not self.datasets or not self.methods:
            return True
        if not self.experiments:
            return self._known(dataset, self.datasets) and self._known(method, self.methods)
        asked = [e for e in self.experiments if e.covers(dataset, method, self._variants)]
        return self._known(dataset, self.datasets) and any(
            self._known(unvaried(method, e.variant), self.methods) for e in asked
        )

    def _known(self, label: str, labels: tuple[str, ...]) -> bool:
        return label in labels or label.partition(" [")[0] in self.loose

    def skips(self, dataset: str, method: str) -> bool:
        """Whether the suite leaves a cell out, with a reason."""
        plain = unvaried(method, variant_of(method, self._variants))
        return any(matches(dataset, d) and matches(plain, m) for d, m in self.skip)

    def rank(self, dataset: str, method: str) -> tuple[object, ...]:
        """What sorts cells into the suite's order; what it does not name comes last, by its label."""
        own = variant_of(method, self._variants)
        row = unvaried(method, own)
        variant = ["", *self._variants].index(own)
        return (_place(self.datasets, dataset), dataset, _place(self.methods, row), row, variant, method)

    @property
    def _variants(self) -> list[str]:
        return [e.variant for e in self.experiments]


def stored_cells(suite: Mapping[str, Any]) -> StoredCells:
    """The cells of `stored_suite(...)`. Raises ClaimError where an experiment's claim can't be read."""
    rows = {key: _rows(suite.get(key)) for key in ("datasets", "methods")}
    datasets, methods = (tuple(x for row, calls in rows[key] for x in _labels(row, calls)) for key in rows)
    loose = {row for part in rows.values() for row, calls in part if any(_lists(c.positional) for c in calls)}
    entries = suite.get("skip")
    skip = tuple(
        (str(e.get("dataset")), str(e.get("method")))
        for e in (entries if isinstance(entries, list) else [])
        if isinstance(e, Mapping)
    )
    return StoredCells(datasets, methods, tuple(stored_experiments(suite)), frozenset(loose), skip)


def _place(known: tuple[str, ...], label: str) -> int:
    return known.index(label) if label in known else len(known)


def _rows(section: Any) -> list[tuple[str, list[Call]]]:
    return [(str(k), _calls(str(v))) for k, v in section.items()] if isinstance(section, Mapping) else []


def _calls(row: str) -> list[Call]:
    try:
        return read(row)
    except GrammarError:
        return []


def _lists(values: Iterable[Any]) -> bool:
    return any(isinstance(value, list) for value in values)


def _labels(row: str, calls: Sequence[Call]) -> list[str]:
    """The row's own label, and those of the points that its lists may stand for.

    Whether a list is one value or a grid is known to the plugin alone, so both are taken: no cell of today is missed.
    """
    lists = [(c, name, value) for c in calls for name, value in c.named if isinstance(value, list)]
    found = [row]
    for count in range(1, len(lists) + 1):
        for chosen in itertools.combinations(lists, count):
            names = [name for _, name, _ in chosen]
            told = [name if names.count(name) == 1 else f"{c.word}.{name}" for c, name, _ in chosen]
            for point in itertools.product(*(value for _, _, value in chosen)):
                values = ", ".join(f"{name}={text(v)}" for name, v in zip(told, point, strict=True))
                found.append(f"{row} [{values}]")
    return found
