"""What a small classifier of MNIST's digits sees: the layer before its last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.data import _mnist_classifier as classifier
from bench.data.base import Data, DataError
from bench.features.base import Features, FeaturesError


@dataclass(frozen=True, kw_only=True)
class Mnist(Features):
    """A classifier of digits, trained once on the training files of MNIST and on nothing else: 64 features.

    `space=mnist` reads the files that the data set `mnist` reads by default, `space=mnist:FOLDER` those below another
    root. The recipe is in `data/_mnist_classifier.py`. Images [N, C, 28, 28] or [N, C, 14, 14] in [-1, 1] (each size has
    a net of its own) yield the C channels' features side by side [N, 64·C]. Raises FeaturesError where files are absent.
    """

    name: ClassVar[str] = "mnist"

    of: str = "datasets"

    def refuses(self, data: Data) -> str | None:
        if len(data.shape) == 3 and data.shape[1:] in [(size, size) for size in classifier.SIZES]:
            return None
        return f"it sees images of 28 × 28 or 14 × 14 pixels, not {data.shape}"

    def __call__(self, x: Tensor) -> Tensor:
        try:
            return classifier.of(self.of).features(x).flatten(1)
        except DataError as error:
            raise self._absent(error) from None

    def sha256(self) -> str:
        try:
            return classifier.of(self.of).sha256
        except DataError as error:
            raise self._absent(error) from None

    def _absent(self, error: DataError) -> FeaturesError:
        return FeaturesError(f"feature space mnist: {error} (a metric's space=mnist:FOLDER names another folder)")
