"""Vendi score: the effective number of different samples, from the fakes alone. It does not see their quality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from bench.metrics._arrays import each_seed
from bench.metrics.base import FeatureMetric


def vendi(fake: Tensor) -> Tensor:
    """exp(-Σ λ log λ), λ the eigenvalues of K/N, K the cosine similarity; fake [..., N, F] -> [...] float64, in [1, N].

    Taken from the F × F dual when N > F. A zero vector is like zero vectors only.
    Source: Friedman & Dieng 2023 (Vendi score). Raises NonFinite.
    """

    def one(x: Tensor) -> Tensor:
        zero = (x == 0).all(1, keepdim=True)
        x = x / x.abs().amax(1, keepdim=True).where(~zero, 1.0)  # first to size 1: squares of huge numbers overflow
        rows = torch.cat([torch.nn.functional.normalize(x, dim=1), zero.to(x)], 1) / len(x) ** 0.5
        values = torch.linalg.eigvalsh(rows.T @ rows if len(x) > rows.shape[1] else rows @ rows.T).clamp(min=0)
        score: Tensor = torch.special.entr(values).sum().exp()
        return score

    return each_seed(one, fake)


@dataclass(frozen=True, kw_only=True)
class Vendi(FeatureMetric):
    """Effective number of different samples: `vendi_<space>`. In raw coordinates cosines compare directions only."""

    higher_is_better: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (1.0, float("inf"))
    scale: ClassVar[Literal["linear", "log"]] = "log"
    column: ClassVar[str] = "vendi"

    def summarise(self, real: Tensor) -> dict[str, Tensor]:
        return {}

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {self.named(self.column): vendi(fake)}
