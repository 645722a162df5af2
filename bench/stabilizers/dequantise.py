"""Dequantisation: images on a grid of grey levels are filled to a continuous density."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from bench.data.base import Data, keyed
from bench.plugins.ranges import AtLeastTwo
from bench.training.hooks import Stabilizer


@dataclass(frozen=True)
class Dequantise(Stabilizer):
    """x + u with u ~ U(-w/2, w/2) and w = 2/(levels - 1), the distance of two grey levels in [-1, 1].

    Every training image gets its noise once; samples are evaluated as they are. For images.
    Source: Theis et al. 2016, section 3.1 (uniform dequantisation).
    """

    levels: AtLeastTwo = 256

    def __post_init__(self) -> None:
        if self.levels < 2:
            raise ValueError(f"levels={self.levels}: there are at least two grey levels")

    def refuses_data(self, data: Data) -> str | None:
        return None if data.is_image else f"dequantise is for images and the data set has samples of shape {data.shape}"

    def data(self, data: Data) -> Data:
        u = torch.from_numpy(keyed("dequantise", tuple(data.x.shape)).random(tuple(data.x.shape), dtype="float32"))
        return replace(data, x=data.x + (u - 0.5).to(data.x.dtype) * 2 / (self.levels - 1))
