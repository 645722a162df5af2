"""Wasserstein distance between two small samples, exactly, by linear assignment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import torch
from torch import Tensor

from bench.metrics._arrays import each_seed, finite
from bench.metrics._exact_distances import centre
from bench.metrics._kernel_means import squared
from bench.metrics.base import FeatureMetric, pick
from bench.plugins.lazily import lazily
from bench.plugins.ranges import Count, Range

if TYPE_CHECKING:
    from scipy import optimize
else:
    optimize = lazily("scipy.optimize")


MOST = 2000  # samples; the assignment costs their cube


def exact_wasserstein(fake: Tensor, real: Tensor, *, p: int = 2) -> Tensor:
    """W_p = (min over pairings of mean ‖x - y‖^p)^(1/p), in the units of the features; [..., N, F], [N, F] -> [...].

    Of samples: biased upwards, the more so in many dimensions; read it beside its floor. p is 1 or 2.
    Raises NonFinite; ValueError where the two sides differ in number or exceed 2000.
    """
    finite(real, "real features")
    if fake.shape[-2] != len(real) or len(real) > MOST:
        raise ValueError(f"needs equally many samples, {MOST} at most; there are {fake.shape[-2]} and {len(real)}")

    def one(x: Tensor) -> Tensor:
        x, y = centre(x, real, on=real)
        cost = squared(x, y).pow(p / 2)
        rows, columns = optimize.linear_sum_assignment(cost.cpu().numpy())
        pairs = (x[torch.from_numpy(rows).to(x.device)] - y[torch.from_numpy(columns).to(x.device)]).square().sum(1)
        return pairs.pow(p / 2).mean().pow(1 / p)

    return each_seed(one, fake)


@dataclass(frozen=True, kw_only=True)
class ExactWasserstein(FeatureMetric):
    """Exact W_p of n fakes against as many held-out samples: `exact_wasserstein`, in the units of the data."""

    higher_is_better: ClassVar[bool] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    scale: ClassVar[Literal["linear", "log"]] = "log"
    column: ClassVar[str] = "exact_wasserstein"
    bare: ClassVar[bool] = True

    n: Annotated[int, Range(1, 2000)] = 1000  # at most 2000
    p: Count = 2

    def summarise(self, real: Tensor) -> dict[str, Tensor]:
        return {"features": pick(real, self.n)}

    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        both = min(fake.shape[-2], len(real["features"]))
        value = exact_wasserstein(fake[..., :both, :], real["features"][:both], p=self.p)
        return {self.named(self.column): value}
