"""Kernel Stein discrepancy: how far samples are from the known score of the data. No real sample is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from bench.data.base import Data, Law
from bench.metrics._arrays import each_seed
from bench.metrics._kernel_means import among
from bench.metrics.base import Metric
from bench.plugins.ranges import AtLeastTwo, Positive


def stein(fake: Tensor, law: Law, *, scale: float = 1.0) -> Tensor:
    """mean over distinct pairs of the Stein kernel of k = (c² + ‖x - y‖²)^(-½); fake [..., N, F] -> [...] float64.

    s(x)·s(y) k + s(x)·∇_y k + s(y)·∇_x k + tr ∇_x∇_y k with s = ∇ log p and c = `scale`, in the units of the data.
    Zero on average for samples of the law (unbiased, so below zero at times); nearly blind to the weights of modes that
    lie far apart. Source: Liu, Lee & Jordan 2016; the kernel of Gorham & Mackey 2017. Raises NonFinite.
    """
    dimensions = fake.shape[-1]

    def one(x: Tensor) -> Tensor:
        def kernel(a: Tensor, b: Tensor) -> Tensor:  # rows hold a sample and its score
            (x, s), (y, t) = (torch.split(rows, dimensions, 1) for rows in (a, b))
            squared = (x.square().sum(1, keepdim=True) + y.square().sum(1) - 2 * x @ y.T).clamp_(min=0)
            base = scale**2 + squared
            pull = (s * x).sum(1, keepdim=True) - s @ y.T - x @ t.T + (t * y).sum(1)  # (s - t)·(x - y)
            return (s @ t.T) * base**-0.5 + (pull + dimensions) * base**-1.5 - 3 * squared * base**-2.5

        return among(kernel, torch.cat([x, law.score(x)], 1))

    return each_seed(one, fake)


@dataclass(frozen=True, kw_only=True)
class Stein(Metric):
    """Squared kernel Stein discrepancy to the law of the data: `stein`."""

    higher_is_better: ClassVar[bool] = False

    n: AtLeastTwo = 2000
    width: Positive = 1.0  # of the kernel, in the units of the data

    def refuses(self, data: Data) -> str | None:
        if data.law is None:
            return "its density is not known"
        return None if len(data.shape) == 1 else "it is measured on points only"

    def names(self) -> tuple[str, ...]:
        return ("stein",)

    def reference(self, data: Data) -> Any:
        return data.law

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {"stein": stein(fake, real, scale=self.width)}
