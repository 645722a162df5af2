"""Digits stacked as the channels of one image: a thousand modes, the numbers from 000 to 999."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from bench.data._synthetic import Synthetic
from bench.data.base import Data
from bench.plugins.ranges import Share

CHANNELS, DIGITS = 3, 10


@dataclass(frozen=True)
class StackedModes(ABC):
    """Which number from 000 to 999 an image shows, by a classifier's reading of each channel."""

    confidence: float

    @abstractmethod
    def name(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images [N, 3, H, W] -> each channel's likeliest digit and its probability, [N, 3] each."""

    @property
    def weights(self) -> Tensor:
        return torch.full((DIGITS**CHANNELS,), DIGITS**-CHANNELS)

    def assign(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Counts where the classifier gives each channel's digit at least `confidence`, and all pixels are finite."""
        images = x.reshape(-1, *x.shape[-3:])
        digit, sure = self.name(images)
        mode = (digit * torch.tensor([100, 10, 1], device=x.device)).sum(-1)
        inside = (sure >= self.confidence).all(-1) & images.flatten(1).isfinite().all(-1)
        return mode.reshape(x.shape[:-3]), inside.reshape(x.shape[:-3])


@dataclass(frozen=True, kw_only=True)
class Stacked(Synthetic):
    """Images whose three channels are digits drawn independently, each class alike: 1000 modes of equal weight.

    Training images are stacked from training digits, held-out images from held-out ones; `labels` is the number shown,
    first channel first.
    """

    generated: ClassVar[bool] = False  # of pictures that are read

    confidence: Share = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(0 <= self.confidence < 1, f"confidence={self.confidence} must lie in [0, 1)")

    def stacked(self, digits: Data, modes: StackedModes) -> Data:
        """Grey digits x [N, 1, H, W] of ten classes -> stacks of them [n, 3, H, W]."""
        assert digits.labels is not None
        assert digits.held_out_labels is not None
        x, labels = self._stack(self.n, "train", digits.x, digits.labels)
        held_out, held_out_labels = self._stack(self.held_out, "held_out", digits.held_out, digits.held_out_labels)
        return Data(x, held_out, labels, held_out_labels, classes=DIGITS**CHANNELS, modes=modes)

    def _stack(self, n: int, split: str, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        source = self.stream(split)
        number = torch.from_numpy(source.integers(DIGITS**CHANNELS, size=n, dtype=np.int64))
        digit = torch.stack([number // 100, number // 10 % 10, number % 10], 1)  # [n, 3]
        count = labels.bincount(minlength=DIGITS)
        self.require(
            bool((count > 0).all()), f"no {split} image shows a {int(count.argmin())}, and modes need them all"
        )
        first = count.cumsum(0) - count  # where each class begins once sorted
        which = (torch.from_numpy(source.random((n, CHANNELS))) * count[digit]).long()
        rows = labels.argsort(stable=True)[first[digit] + which]
        return images[rows].squeeze(2), number  # images [n, 3, 1, H, W]
