"""What a gate says: a row for each test, and one exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from typing import Any, Literal, TypeAlias

from bench.gate.changes import Cell, Changes
from bench.suite.waivers import CellMetric

Word: TypeAlias = Literal[
    "pass",
    "regression",
    "suspicious",
    "changed",
    "improved",
    "incomparable",
    "insufficient",
    "incomplete",
    "waived",
    "shown",
]
ORDER: tuple[Word, ...] = (
    "regression", "incomplete", "suspicious", "changed", "incomparable", "insufficient", "waived", "improved", "pass", "shown",
)  # fmt: skip
INCONCLUSIVE = frozenset({"suspicious", "changed", "incomparable", "insufficient"})

PASS, REGRESSION, USAGE, UNDECIDED, INCOMPLETE, NOTHING, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
NAN = float("nan")


@dataclass(frozen=True)
class Row:
    """One test of one cell and metric."""

    key: CellMetric
    kind: str  # values | survivors | failures | spread | trajectory
    verdict: Word
    n: int = 0
    n_baseline: int = 0
    dead: int = 0
    dead_baseline: int = 0
    median: float = NAN  # of the living, in the metric's units
    median_baseline: float = NAN
    effect: float = NAN  # positive = better; logarithms for distances; a fall of the failure rate
    margin: float = NAN
    p_screen: float = NAN
    p_all: float = NAN  # with the fresh seeds
    p_adjusted: float = NAN  # the same, Holm over all tests of the invocation
    q: float = NAN  # for metrics that are shown and don't gate
    reason: str = ""
    changes: Changes = ()  # what the cell was run with: (what, then, now)


@dataclass(frozen=True)
class Report:
    """All rows, the worst first, and what is known about the rule's own errors."""

    rows: tuple[Row, ...]
    tests: int = 0  # of the invocation: the family of Holm's correction
    calibration: Mapping[str, Any] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()  # what speaks against the baseline: small, uncalibrated
    changes: Mapping[Cell, Changes] = field(default_factory=dict)

    def with_rows(self, more: Iterable[Row]) -> Report:
        """The same with further rows, each in its place and with what changed in its cell."""
        told = [replace(row, changes=self.changes.get(Cell(row.key.dataset, row.key.method), ())) for row in more]
        rows = sorted([*self.rows, *told], key=lambda row: (ORDER.index(row.verdict), row.key, row.kind))
        return replace(self, rows=tuple(rows))

    @property
    def counts(self) -> dict[Word, int]:
        found = Counter(row.verdict for row in self.rows)
        return {word: found[word] for word in ORDER if found[word]}

    def exit_code(self, strict: bool = False) -> int:
        """0 pass; 1 regression; 3 changed, inconclusive or incomparable (1 if strict); 4 incomplete; 5 nothing selected."""
        words = {row.verdict for row in self.rows}
        if not words:
            return NOTHING
        if "regression" in words:
            return REGRESSION
        if "incomplete" in words:
            return INCOMPLETE
        if words & INCONCLUSIVE:
            return REGRESSION if strict else UNDECIDED
        return PASS

    def plain(self, strict: bool = False) -> dict[str, Any]:
        """The report as JSON can hold it: no number where there is none."""
        rows = []
        for row in self.rows:
            flat = asdict(row)
            flat.pop("key")
            flat["changes"] = [dict(zip(("what", "then", "now"), change, strict=True)) for change in row.changes]
            numbers = {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in flat.items()}
            rows.append({**row.key._asdict(), **numbers})
        return {
            "exit_code": self.exit_code(strict),
            "counts": self.counts,
            "tests": self.tests,
            "calibration": dict(self.calibration),
            "caveats": list(self.caveats),
            "rows": rows,
        }
