"""Three digits of 8 by 8 pixels as the channels of one image: a thousand modes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from bench.data import _digit_classifier as classifier
from bench.data._stacked import Stacked, StackedModes
from bench.data.base import Data
from bench.data.digits import Digits
from bench.plugins.ranges import Samples


@dataclass(frozen=True)
class DigitModes(StackedModes):
    """As the digits classifier reads them."""

    def name(self, images: Tensor) -> tuple[Tensor, Tensor]:
        sure, digit = classifier.logits(images).softmax(-1).max(-1)
        return digit, sure


@dataclass(frozen=True, kw_only=True)
class StackedDigits(Stacked):
    """Images [N, 3, 8, 8] whose channels are digits drawn independently, each class alike: 1000 modes of equal weight.

    The set-up of Metz et al. 2017 (section 3.3.1, after Che et al. 2017) on 8 × 8 digits. Training images are stacked
    from training digits, held-out images from held-out ones; `labels` is the number shown, first channel first.

    A sample is of the mode that the classifier of digits reads. The literature counts every sample, so that
    noise covers modes too: `confidence=0`. Here a sample counts when each channel is read with probability 0.9 or more,
    which nine in ten held-out images pass and about one in fifty images of uniform noise. Even so a classifier invents
    modes: a number means something beside the same number for held-out images only.
    """

    n: Samples = 50_000

    def load(self) -> Data:
        return self.stacked(Digits().load(), DigitModes(self.confidence))
