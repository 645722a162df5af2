"""What a metric reads on samples whose worth is known: real data, and on witnesses that are wrong (witnesses.py).

Between them lies what a number can mean. Where no witness differs from real data by more than real data differs from
itself by chance, the metric can't tell on this data set with so many samples, and nothing is concluded from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isnan, nan
from typing import Any

import torch

REAL_DRAWS = 20  # of real samples against held-out ones
WRONG_DRAWS = 4  # of every witness
TELLS = 3.0  # standard deviations of real against real between real and a witness
AS_MANY = ("half", "copies", "whole")  # what is measured on equally many samples


@dataclass(frozen=True)
class Reference:
    """One metric on one data set."""

    real: float  # of the first draw: the floor
    mean: float  # over the draws of real samples
    deviation: float  # standard deviation of those draws
    null: float  # mean over the draws of the null
    half: float = nan  # of half of the data
    copies: float = nan  # of few samples many times; like `half` not a number where it reads better than real data
    whole: float = nan  # mean over draws of real samples that are as many as those two have

    @property
    def tells_null(self) -> bool:
        """Whether the metric tells the null from real data: the condition of quality q, which is measured against it."""
        return self._apart(self.null, self.mean)

    @property
    def tells(self) -> bool:
        """Whether the metric tells real data from any of the witnesses."""
        return not isnan(self.poor)

    @property
    def poor(self) -> float:
        """What it reads on the first witness that it tells: null, half, copies; not a number where it tells none."""
        if self.tells_null:
            return self.null
        return next((wrong for wrong in (self.half, self.copies) if self._apart(wrong, self.whole)), nan)

    def _apart(self, wrong: float, right: float) -> bool:
        gap = abs(wrong - right)
        return isfinite(gap) and gap > 0 and gap >= TELLS * self.deviation

    def as_record(self) -> dict[str, Any]:
        kept = {name: getattr(self, name) for name in ("deviation", "null", *AS_MANY)}
        return {"real": self.mean, **kept, "tells": self.tells, "tells_null": self.tells_null}

    @classmethod
    def of(cls, draws: Mapping[str, Sequence[float | None]], alike: bool, sign: int) -> Reference:
        """From the values of every draw, by kind (real, null, half, copies); None where a draw has no number.

        alike: the first real draw has as many samples as the others; else it has more. sign: +1 where higher is better,
        -1 where lower is, 0 where both are wrong.
        """
        real = draws["real"]
        sound = torch.tensor([v for v in real[0 if alike else 1 :] if v is not None], dtype=torch.float64)
        first = real[0] if real and real[0] is not None else nan
        whole = _mean(real[1:])
        wrong = {kind: _mean(draws[kind]) for kind in ("half", "copies")}
        return cls(
            real=first,
            mean=float(sound.mean()) if len(sound) and alike else first,
            deviation=float(sound.std()) if len(sound) > 1 else nan,
            null=_mean(draws["null"]),
            whole=whole,
            **{kind: nan if sign * (value - whole) > 0 else value for kind, value in wrong.items()},
        )


def _mean(values: Sequence[float | None]) -> float:
    """The mean of all draws; not a number where one has none."""
    sound = [v for v in values if v is not None]
    return float(torch.tensor(sound, dtype=torch.float64).mean()) if sound and len(sound) == len(values) else nan


def quality(mmd: float, null: float) -> float:
    """q = 1 - √max(MMD², 0) / √MMD²_null: 1 is real, 0 has the data's first two moments and nothing else, less is worse.

    `mmd` and `null` are squared discrepancies (`mmd_multiscale`). NaN where the null has none.
    """
    return 1 - (max(mmd, 0.0) / null) ** 0.5 if null > 0 else nan


def stored(record: Mapping[str, Any], name: str) -> Reference | None:
    """A reference as a record keeps it; None where it has none (records of before 0.2); of before 0.3 it has no half."""
    held = (record.get("references") or {}).get(name)
    if not held or held.get("null") is None or held.get("real") is None:
        return None
    floor = (record.get("floors") or {}).get(name)
    spread = held.get("deviation")
    return Reference(
        real=nan if floor is None else float(floor),
        mean=float(held["real"]),
        deviation=nan if spread is None else float(spread),
        null=float(held["null"]),
        **{name: nan if held.get(name) is None else float(held[name]) for name in AS_MANY},
    )
