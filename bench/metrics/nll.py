"""Negative log-likelihood of samples under the known density of the data, against that of real samples.

The likelihood itself can't be ranked: a generator that sits on the highest peak would beat the data. The gap can,
though it sees no missing mode of the same height: read it beside a metric of modes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from torch import Tensor

from bench.data.base import Data, Law
from bench.metrics._arrays import finite
from bench.metrics.base import Metric


def nll(fake: Tensor, law: Law) -> Tensor:
    """-mean log p(x), in nats; fake [..., N, *D] -> [...] float64. Raises NonFinite."""
    return -law.log_density(finite(fake, "samples").double()).mean(-1)


@dataclass(frozen=True, kw_only=True)
class Nll(Metric):
    """|nll of the fakes - nll of held-out samples|: `nll_gap`, in nats."""

    higher_is_better: ClassVar[bool] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    scale: ClassVar[Literal["linear", "log"]] = "log"

    def refuses(self, data: Data) -> str | None:
        return "its density is not known" if data.law is None else None

    def names(self) -> tuple[str, ...]:
        return ("nll_gap",)

    def reference(self, data: Data) -> Any:
        assert data.law is not None, "refused on loading"
        return data.law, nll(data.held_out, data.law)

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        law, usual = real
        return {"nll_gap": (nll(fake, law) - usual).abs()}
