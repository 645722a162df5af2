"""Rescaling: points are trained on in units other than their standard deviation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from bench.data._normalised import Frame, framed
from bench.data.base import Data
from bench.plugins.ranges import NonNegative
from bench.training.hooks import Stabilizer


@dataclass(frozen=True)
class Rescale(Stabilizer):
    """z = std · x, where x has standard deviation 1; `std` 0 is that of the data as it is measured: its own units.

    It steadies nothing, unless a method is: published recipes (Lin et al. 2018; Metz et al. 2017) train on raw coordinates,
    and their learning rates, initialisations and penalties belong to those. Points alone; images keep the range that a
    bounded generator reaches. Write it right of `whitening`, which would undo it.
    """

    std: NonNegative = 0.0

    replaces: ClassVar[frozenset[str]] = frozenset({"scale of the data"})

    def refuses_data(self, data: Data) -> str | None:
        return "rescale: images keep their range, which generators are bounded to" if data.is_image else None

    def data(self, data: Data) -> Data:
        std = self.std or Frame.of(data.undo(data.x)).scale / Frame.of(data.x).scale
        return framed(data, Frame(torch.zeros(data.shape, dtype=torch.float64), 1 / std))
