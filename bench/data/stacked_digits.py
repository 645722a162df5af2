"""Three digits as the channels of one image: a thousand modes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bench.data import _digit_classifier as classifier
from bench.data._synthetic import Synthetic
from bench.data.base import Data
from bench.data.digits import Digits
from bench.plugins.ranges import Count, Share

CHANNELS, DIGITS = 3, 10


@dataclass(frozen=True)
class DigitModes:
    """Which number from 000 to 999 an image shows, by the digits classifier's reading of each channel."""

    confidence: float

    @property
    def weights(self) -> Tensor:
        return torch.full((DIGITS**CHANNELS,), DIGITS**-CHANNELS)

    def assign(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Counts where the classifier gives each channel's digit at least `confidence`, and all pixels are finite."""
        images = x.reshape(-1, *x.shape[-3:])
        sure, digit = classifier.logits(images).softmax(-1).max(-1)  # [N, 3]
        mode = (digit * torch.tensor([100, 10, 1], device=x.device)).sum(-1)
        inside = (sure >= self.confidence).all(-1) & images.flatten(1).isfinite().all(-1)
        return mode.reshape(x.shape[:-3]), inside.reshape(x.shape[:-3])


@dataclass(frozen=True, kw_only=True)
class StackedDigits(Synthetic):
    """Images [N, 3, 8, 8] whose channels are digits drawn independently, each class alike: 1000 modes of equal weight.

    The set-up of Metz et al. 2017 (section 3.3.1, after Che et al. 2017) on 8 × 8 digits. Training images are stacked
    from training digits, held-out images from held-out ones; `labels` is the number shown, first channel first.

    A sample is of the mode that the classifier of digits reads. The literature counts every sample, so that
    noise covers modes too: `confidence=0`. Here a sample counts when each channel is read with probability 0.9 or more,
    which nine in ten held-out images pass and about one in fifty images of uniform noise. Even so a classifier invents
    modes: a number means something beside the same number for held-out images only.
    """

    n: Count = 50_000
    confidence: Share = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(0 <= self.confidence < 1, f"confidence={self.confidence} must lie in [0, 1)")

    def load(self) -> Data:
        digits = Digits().load()
        assert digits.labels is not None
        assert digits.held_out_labels is not None
        x, labels = self._stack(self.n, "train", digits.x, digits.labels)
        held_out, held_out_labels = self._stack(self.held_out, "held_out", digits.held_out, digits.held_out_labels)
        modes = DigitModes(self.confidence)
        return Data(x, held_out, labels, held_out_labels, classes=DIGITS**CHANNELS, modes=modes)

    def _stack(self, n: int, split: str, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        source = self.stream(split)
        number = torch.from_numpy(source.integers(DIGITS**CHANNELS, size=n, dtype=np.int64))
        digit = torch.stack([number // 100, number // 10 % 10, number % 10], 1)  # [n, 3]
        count = labels.bincount(minlength=DIGITS)
        first = count.cumsum(0) - count  # where each class begins once sorted
        which = (torch.from_numpy(source.random((n, CHANNELS))) * count[digit]).long()
        rows = labels.argsort(stable=True)[first[digit] + which]
        return images[rows].squeeze(2), number  # images [n, 3, 1, 8, 8]
