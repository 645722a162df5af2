"""A feature space: where distances between sets of samples are measured. Its name is part of every metric's name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.data.base import Data


class FeaturesError(ValueError):
    """Features that can't be had here: one line that says which file to put where."""


@dataclass(frozen=True, kw_only=True)
class Features(ABC):
    """Written as `space=digits` in a metric's options. Subclass it, one file each, named as the file."""

    name: ClassVar[str]

    def refuses(self, data: Data) -> str | None:
        """Why it does not fit a data set; None where it does."""
        return None

    @abstractmethod
    def __call__(self, x: Tensor) -> Tensor:
        """x [N, *D] in the original space -> features [N, F] float32. Raises FeaturesError when weights are absent."""

    @abstractmethod
    def sha256(self) -> str:
        """Of whatever the features depend on (weights, resize); '' for raw coordinates."""
