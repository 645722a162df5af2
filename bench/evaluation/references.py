"""What a metric reads on samples whose worth is known: real data, and nothing but the data's first two moments.

Between the two lies what a number can mean. Where they do not differ by more than real data differs from itself by chance,
the metric can't tell on this data set with so many samples, and nothing is concluded from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

import torch
from torch import Tensor

from bench.data.base import Data

REAL_DRAWS = 20  # of real samples against held-out ones
NULL_DRAWS = 4
TELLS = 3.0  # standard deviations of real against real between real and null
FACTORED = 512  # dimensions up to which the covariance is factorised
BLOCK = 500  # samples drawn at a time
ROWS = 5_000  # of the training data, whose moments the null has


@dataclass(frozen=True)
class Reference:
    """One metric on one data set."""

    real: float  # of the first draw: the floor
    mean: float  # over the draws of real samples
    deviation: float  # standard deviation of those draws
    null: float  # mean over the draws of the null

    @property
    def tells(self) -> bool:
        """Whether the metric tells the null from real data."""
        gap = abs(self.null - self.mean)
        return isfinite(gap) and gap > 0 and gap >= TELLS * self.deviation

    def as_record(self) -> dict[str, Any]:
        return {"real": self.mean, "deviation": self.deviation, "null": self.null, "tells": self.tells}

    @classmethod
    def of(cls, real: list[float | None], null: list[float | None], alike: bool = True) -> Reference:
        """From the values of every draw; None where a draw has no number. Not alike: the first draw has more samples."""
        sound = torch.tensor([v for v in real[0 if alike else 1 :] if v is not None], dtype=torch.float64)
        poor = torch.tensor([v for v in null if v is not None], dtype=torch.float64)
        first = real[0] if real and real[0] is not None else nan
        return cls(
            real=first,
            mean=float(sound.mean()) if len(sound) and alike else first,
            deviation=float(sound.std()) if len(sound) > 1 else nan,
            null=float(poor.mean()) if len(poor) == len(null) and len(poor) else nan,
        )


def null_samples(data: Data, n: int, draw: int = 0) -> Tensor:
    """n samples [n, *D] of the Gaussian with the mean and the covariance of the training data.

    Where the data is one point it is that point plus N(0, I). In many dimensions nothing is factorised: mean + Ξ (x - mean)/√M with
    Ξ ~ N(0, I) [n, M] has exactly the covariance of the rows x [M, F].
    """
    source = torch.Generator().manual_seed(20_260_101 + draw)
    x = data.x[:ROWS].double().flatten(1)
    mean = x.mean(0)
    centred = (x - mean) / len(x) ** 0.5
    if x.shape[1] <= FACTORED:
        values, vectors = torch.linalg.eigh(centred.T @ centred)
        centred = (vectors * values.clamp(min=0).sqrt()).T
    if not bool((x != mean).any()):
        noise = torch.randn(n, x.shape[1], generator=source, dtype=torch.float64)
        return (mean + noise).to(data.x.dtype).view(n, *data.shape)
    sizes = [BLOCK] * (n // BLOCK) + [n % BLOCK] * bool(n % BLOCK)
    parts = [torch.randn(size, len(centred), generator=source, dtype=torch.float64) @ centred for size in sizes]
    return (mean + torch.cat(parts)).to(data.x.dtype).view(n, *data.shape)


def quality(mmd: float, null: float) -> float:
    """q = 1 - √max(MMD², 0) / √MMD²_null: 1 is real, 0 has the data's first two moments and nothing else, less is worse.

    `mmd` and `null` are squared discrepancies (`mmd_multiscale`). NaN where the null has none.
    """
    return 1 - (max(mmd, 0.0) / null) ** 0.5 if null > 0 else nan


def stored(record: Mapping[str, Any], name: str) -> Reference | None:
    """A reference as a record keeps it; None where it has none (records of before 0.2)."""
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
    )
