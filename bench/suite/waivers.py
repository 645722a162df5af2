"""Waivers: a regression that is accepted until a date and for a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

WORDS = ("dataset", "method", "metric", "until", "reason")


class CellMetric(NamedTuple):
    """One metric of one cell: what a gate decides on, and what can be waived."""

    dataset: str
    method: str
    metric: str


class WaiverError(ValueError):
    """A waiver that can't be read: one line with the remedy."""


@dataclass(frozen=True)
class Waiver:
    """One cell and metric, through the day `until`, which ends at midnight UTC: one suite means the same everywhere."""

    key: CellMetric
    until: date
    reason: str

    def holds(self, key: CellMetric, today: date) -> bool:
        return key == self.key and today <= self.until


def parse(entries: Sequence[Mapping[str, Any]], first: int = 1) -> list[Waiver]:
    """Waivers as a suite writes them: {dataset, method, metric, until: 2026-03-01, reason}. All are needed.

    `first` is the place of the first one in the suite's list.
    """
    out = []
    for number, entry in enumerate(entries, start=first):
        where = f"waivers[{number}]"
        for word in WORDS:
            if not isinstance(entry, Mapping) or not entry.get(word):
                raise WaiverError(f"{where}: '{word}' is missing; a waiver has {', '.join(WORDS)}")
        for word in sorted(set(map(str, entry)) - set(WORDS)):
            raise WaiverError(f"{where}: '{word}' is no word of a waiver; it has {', '.join(WORDS)}")
        out.append(
            Waiver(
                CellMetric(*(str(entry[w]) for w in CellMetric._fields)),
                _date(where, entry["until"]),
                str(entry["reason"]),
            )
        )
    return out


def _date(where: str, value: Any) -> date:
    try:
        return value if type(value) is date else date.fromisoformat(str(value))
    except ValueError:
        raise WaiverError(f"{where}.until: expected a date such as 2026-03-01, not {value!r}") from None
