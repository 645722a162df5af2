"""What a small classifier of 8 by 8 digits sees: the layer before its last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.data import _digit_classifier as classifier
from bench.data.base import Data
from bench.features.base import Features


@dataclass(frozen=True, kw_only=True)
class Digits(Features):
    """A classifier trained on the 1200 training digits of the data set `digits`, and on nothing else: 64 features.

    Its recipe and its weights are in `data/_digit_classifier.py`. Images of C channels (`stacked_digits`) yield the C
    channels' features side by side [N, 64·C]. Raises DataError where the file of weights is absent or another.
    """

    name: ClassVar[str] = "digits"

    def refuses(self, data: Data) -> str | None:
        if len(data.shape) == 3 and data.shape[1:] == (8, 8):
            return None
        return f"it sees images of 8 × 8 pixels, not {data.shape}"

    def __call__(self, x: Tensor) -> Tensor:
        return classifier.features(x).flatten(1)

    def sha256(self) -> str:
        return classifier.SHA256
