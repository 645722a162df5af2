"""How a metric of a record is to be read: which value is right, and whether it can tell at all.

A metric *can't tell* where real data lies less than three standard deviations of real data against real data from every
witness (evaluation/witnesses.py): its mean and covariance alone, half of it, few of its samples repeated. A *two-sided*
metric has the value of real data as its best: too much is a fault too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, isfinite, log10, nan
from typing import Any

TELLS = 3.0  # standard deviations, as evaluation/references.py has it
CANT = "can't tell"


@dataclass(frozen=True)
class Reading:
    """One metric on one data set. Records of before there were references are read as they were then: by direction."""

    name: str
    two_sided: bool = False
    tells: bool = True
    real: float = nan  # mean over draws of real data; a two-sided metric is compared by its distance from it
    deviation: float = nan  # of those draws
    null: float = nan
    half: float = nan
    copies: float = nan
    whole: float = nan  # real data beside those two
    tells_null: bool = True  # whether it tells the null; quality q has to
    n: int | None = None  # samples it is measured on
    spare: int | None = None  # real samples that there were to draw

    def distance(self, value: float) -> float:
        """|value - real|."""
        return abs(value - self.real)

    @property
    def enough(self) -> int | None:
        """About how many samples would tell, if the deviation falls as 1/√n; None where nothing says, or no data is left."""
        gaps = [abs(wrong - right) for _, wrong, right in self.witnesses]
        gap = max((gap for gap in gaps if isfinite(gap)), default=0.0)
        if self.tells or not self.n or not isfinite(self.deviation) or gap == 0:
            return None
        if self.spare is not None and self.spare < self.n:
            return None
        wanted = self.n * (TELLS * self.deviation / gap) ** 2
        unit = 10.0 ** max(0, int(log10(wanted)) - 1)  # two digits: it is no more than a hint
        return int(ceil(wanted / unit) * unit)

    @property
    def witnesses(self) -> list[tuple[str, float, float]]:
        """What samples that are wrong are, what they read, and what real samples read beside them; those that are known."""
        held = [
            ("its mean and covariance alone", self.null, self.real),
            ("half of it", self.half, self.whole),
            ("few of its samples repeated", self.copies, self.whole),
        ]
        return [(what, wrong, right) for what, wrong, right in held if isfinite(wrong) and isfinite(right)]

    @property
    def why(self) -> str:
        """Why it can't tell, and what would help; empty where it tells."""
        if self.tells:
            return ""
        if not isfinite(self.null) or not isfinite(self.real):
            return f"{self.name} can't tell: no reference of it is known here"
        seen = ", ".join(f"{what} {wrong:.3g}" for what, wrong, _ in self.witnesses)
        wanted, used = self.enough, f" at n = {self.n}" if self.n else ""
        if self.spare is not None and self.n and self.spare < self.n:
            help_ = f"; the data set has {self.spare} samples to spare and no more"
        else:
            help_ = f"; about n = {wanted} would tell" if wanted else ""
        return f"{self.name} can't tell: real data reads {self.real:.3g} ± {self.deviation:.2g}, {seen}{used}{help_}"

    @property
    def limits(self) -> str:
        """What it can't see although it tells; empty where it sees the form of the data."""
        if not self.tells or self.tells_null:
            return ""
        seen = [
            f"{what} ({wrong:.3g}, all of it {right:.3g})"
            for what, wrong, right in self.witnesses[1:]
            if abs(wrong - right) >= TELLS * self.deviation and wrong != right
        ]
        return f"{self.name} tells the data from {' and '.join(seen)}, but not from its mean and covariance alone ({self.null:.3g})"


def reading(record: Mapping[str, Any], name: str) -> Reading:
    """What a record says of one of its metrics."""
    how = (record.get("metrics") or {}).get(name) or {}
    held = (record.get("references") or {}).get(name) or {}
    floor = (record.get("floors") or {}).get(name)
    protocol = (record.get("protocols") or {}).get(name) or {}
    protocol = protocol if isinstance(protocol, Mapping) else {}
    real = held.get("real", floor)
    two_sided = bool(how.get("two_sided"))
    return Reading(
        name,
        two_sided=two_sided,
        tells=bool(held.get("tells", True)) and not (two_sided and real is None),  # nothing to be near to
        real=_number(real),
        deviation=_number(held.get("deviation")),
        null=_number(held.get("null")),
        half=_number(held.get("half")),
        copies=_number(held.get("copies")),
        whole=_number(held.get("whole")),
        tells_null=bool(held.get("tells_null", held.get("tells", True))),
        n=protocol.get("n"),
        spare=protocol.get("n_floor"),
    )


def reading_of(records: Iterable[Mapping[str, Any]], dataset: str, name: str) -> Reading | None:
    """How a metric is to be read on a data set: it can't tell where one record says so. None where no record has it."""
    found = [
        reading(record, name)
        for record in records
        if record["dataset"]["label"] == dataset and name in (record.get("metrics") or {})
    ]
    return next((one for one in found if not one.tells), found[-1]) if found else None


def _number(value: Any) -> float:
    return nan if value is None else float(value)
