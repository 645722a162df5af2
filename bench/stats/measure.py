"""What a number means: which way is better and on which scale differences count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]
LARGEST = 1e150  # of a value that is read from a file: its square is a number, too


@dataclass(frozen=True)
class Measure:
    """The direction and scale of a metric or a diagnostic.

    With a `target` too much is a fault too: what counts is the distance |v - target|, and lower is better.
    """

    higher_is_better: bool
    scale: Literal["linear", "log"] = "linear"
    target: float | None = None  # what real data reads
    tells: bool = True  # whether it tells real data from what is wrong; nothing is concluded from what does not

    def __post_init__(self) -> None:
        if self.target is not None and self.higher_is_better:
            raise ValueError("the distance from a target is better where it is lower")

    def orient(self, values: ArrayLike) -> Floats:
        """The values, turned so that larger is better, on the measure's scale; not a number (dead) becomes -∞.

        A dead seed thereby has the worst rank, and several dead seeds tie. An infinite value keeps its sign. Raises
        ValueError for negative values on a log scale.
        """
        v = np.asarray(values, dtype=np.float64)
        if self.target is not None:
            v = np.abs(v - self.target)
        if self.scale == "log":
            if (v < 0).any():
                raise ValueError("negative values have no logarithm; this measure needs a linear scale")
            with np.errstate(divide="ignore"):
                v = np.log(v)
        turned = v if self.higher_is_better else -v
        return np.where(np.isnan(v), -np.inf, turned)
