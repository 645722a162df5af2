"""What a metric of a suite is: a word under `metrics:` that turns samples into numbers, all seeds in one pass."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from torch import Tensor

from bench.data.base import Data


class NonFinite(ValueError):
    """Samples or features that are not finite: refused, never turned into a number."""


@dataclass(frozen=True, kw_only=True)
class Score(ABC):
    """A word under `metrics:`; its fields are the suite's options. Subclass it, one file each, named as the file.

    The unit of statistics is the training seed: `measure` returns one number a seed and never pools seeds.
    """

    higher_is_better: ClassVar[bool]
    bounds: ClassVar[tuple[float, float]] = (float("-inf"), float("inf"))
    scale: ClassVar[Literal["linear", "log"]] = "linear"  # on which differences mean something (distances: log)

    n: int = 10_000  # samples judged

    def refuses(self, data: Data) -> str | None:
        """Why it can't be measured on this data set, in half a sentence; None where it can."""
        return None

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The columns it yields; a feature space is part of the name (`fd_digits`)."""

    @abstractmethod
    def real(self, data: Data) -> Any:
        """Everything that is computed once from the real side; cached by content by whoever calls."""

    @abstractmethod
    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        """fake [S, n, *D] in the original space -> name -> [S] float64. Raises NonFinite."""

    def protocol(self, data: Data) -> Mapping[str, object]:
        """What two numbers must share to be comparable, beside the name: n, k, extractor's sha256, resize, …"""
        return {"n_fake": self.n, "n_real": len(data.held_out)}
