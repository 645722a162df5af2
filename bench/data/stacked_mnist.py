"""Three digits of MNIST as the channels of one image: the field's test of mode collapse."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from bench.data import _mnist_classifier as classifier
from bench.data._stacked import CHANNELS, Stacked, StackedModes
from bench.data.base import Data
from bench.data.mnist import SIDE, Mnist
from bench.plugins.ranges import Count, Samples


@dataclass(frozen=True)
class MnistModes(StackedModes):
    """As the classifier of the user's files reads them; its weights are part of what the modes are."""

    classifier: classifier.Classifier

    def name(self, images: Tensor) -> tuple[Tensor, Tensor]:
        return self.classifier.name(images)


@dataclass(frozen=True, kw_only=True)
class StackedMnist(Stacked):
    """Images [N, 3, size, size] in [-1, 1] whose channels are digits of MNIST, each class alike: 1000 equal modes.

    Stacked MNIST: Metz et al. 2017, section 3.3.1, after Che et al. 2017; Srivastava et al. 2017 (VEEGAN) and Lin et al.
    2018 (PacGAN, section 4) train on 128 000 such images and classify 26 000 samples, so `modes_hit(n=26000)` and
    `mode_kl(n=26000)` with `confidence=0` are their two numbers. Training images are stacked from the training files
    below `root` (`mnist` says where they are looked for), held-out ones from the `t10k` files; `labels` is the number
    shown, first channel first. The digits of a stack are drawn class by class, so that the modes are equal: MNIST's own
    classes differ by up to an eighth from a tenth, which alone is a KL of .004 nats.

    A sample is of the mode that a classifier reads, which is trained on the training files once (minutes, when a run
    first asks; `data/_mnist_classifier.py`). With `confidence=0.9` it counts when each channel is read with probability
    0.9 or more. Of 26 000 samples at 28 (14) pixels, modes hit without and with that: held-out images 1000 and 1000;
    the means of two images 1000 and 670 (962 and 733), of which 227 (397) are covered; uniform noise 10 and 7 (194 and
    40). So confidence tells blends from digits, while noise is read as few numbers, however surely. KL is above 0 for
    real images too, by (K - 1)/(2N) (Miller 1955): .0192 for K = 1000 modes and N = 26 000. Read are .0193 and .0194.

    `size=14` takes the means of 2 × 2 pixels: a quarter of the work.

    Memory: 9.4 kB an image at 28 pixels and 2.4 kB at 14, in every process. The published n and 26 000 held-out images
    take 1.45 GB at 28 pixels, .36 GB at 14. Raises DataError where files are missing.
    """

    n: Samples = 128_000
    held_out: Samples = 26_000
    root: str = "datasets"
    size: Count = SIDE

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(self.size in classifier.SIZES, f"size={self.size} must be 14 or 28")
        self.require_room(CHANNELS * self.size**2)

    def load(self) -> Data:
        digits = Mnist(root=self.root, size=self.size).load()
        return self.stacked(digits, MnistModes(self.confidence, classifier.of(self.root)))
