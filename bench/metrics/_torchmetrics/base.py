"""torchmetrics beside the functions: what is shared by the classes is the gathering, the number is the function's."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities.data import dim_zero_cat

from bench.data.base import Modes
from bench.metrics._arrays import finite


class TwoSample(Metric):
    """update(features [B, F], real=…) as often as needed, then compute(). Raises NonFinite on update."""

    is_differentiable = False
    full_state_update = False
    fake: list[Tensor]
    real: list[Tensor]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("fake", [], dist_reduce_fx="cat")
        self.add_state("real", [], dist_reduce_fx="cat")

    def update(self, features: Tensor, real: bool) -> None:
        (self.real if real else self.fake).append(finite(features, "features"))

    def compute(self) -> Tensor:
        return self.value(dim_zero_cat(self.fake), dim_zero_cat(self.real))

    @abstractmethod
    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        """The function of this file."""


class OneSample(Metric):
    """update(samples [B, *D]) as often as needed, then compute(). Raises NonFinite on update."""

    is_differentiable = False
    full_state_update = False
    fake: list[Tensor]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("fake", [], dist_reduce_fx="cat")

    def update(self, samples: Tensor) -> None:
        self.fake.append(finite(samples, "samples"))

    def compute(self) -> Tensor:
        return self.value(dim_zero_cat(self.fake))

    @abstractmethod
    def value(self, fake: Tensor) -> Tensor:
        """The function of this file."""


class OfModes(OneSample):
    """A metric of samples against known modes."""

    def __init__(self, modes: Modes, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.modes = modes
