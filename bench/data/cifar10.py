"""CIFAR-10, from the user's own copy."""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from bench.data._files import first, pixels
from bench.data.base import Data, DataError, DataSource

BATCHES = [f"data_batch_{k}" for k in range(1, 6)]
REMEDY = "unpack cifar-10-python.tar.gz (https://www.cs.toronto.edu/~kriz/cifar.html) there, or set root="
_reconstruct = np.empty(0).__reduce__()[0]  # where it lives depends on NumPy's version


def _latin1(text: str, encoding: str) -> bytes:
    """How Python 3 writes bytes in a pickle of protocol 2; no other codec is looked up."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the codec {encoding}, which no CIFAR-10 batch does")
    return text.encode("latin1")


class _ArraysOnly(pickle.Unpickler):
    """Reads dictionaries, numbers, bytes and NumPy arrays of numbers, and refuses to import or call anything else.

    A pickle is a program: an ordinary unpickler runs whatever the file says. A check of the published md5 would be as
    safe, but refuses subsets and repacked copies.
    """

    ALLOWED: ClassVar[dict[tuple[str, str], Any]] = {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
        ("_codecs", "encode"): _latin1,
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self.ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no CIFAR-10 batch does") from None


@dataclass(frozen=True, kw_only=True)
class Cifar10(DataSource):
    """Photographs of ten classes (Krizhevsky 2009), x [50000, 3, 32, 32] in [-1, 1]; the test batch is held out.

    Reads the folder `cifar-10-batches-py` of the published Python version, in `root` or being `root`. Batches with
    fewer images are taken as they are. Raises DataError where a file is missing or is not such a batch.
    """

    root: str = "datasets"

    def load(self) -> Data:
        root = Path(self.root).expanduser()
        folder = (
            first("cifar10", [root / "cifar-10-batches-py"], REMEDY) if root.name != "cifar-10-batches-py" else root
        )
        train = [_batch(first("cifar10", [folder / name], REMEDY)) for name in BATCHES]
        held_out, held_out_labels = _batch(first("cifar10", [folder / "test_batch"], REMEDY))
        x, labels = (torch.cat(parts) for parts in zip(*train, strict=True))
        return Data(x, held_out, labels, held_out_labels, classes=10)


def _batch(path: Path) -> tuple[Tensor, Tensor]:
    """Images [N, 3, 32, 32] and labels [N] of one file."""
    try:
        batch = _ArraysOnly(io.BytesIO(path.read_bytes()), encoding="bytes").load()
        images, labels = np.asarray(batch[b"data"]), np.asarray(batch[b"labels"])
    except Exception as error:  # a damaged pickle raises nearly anything
        raise DataError(f"cifar10: {path} is not a CIFAR-10 batch ({_reason(error)}); {REMEDY}") from None
    if images.dtype != np.uint8 or images.ndim != 2 or images.shape[1] != 3072 or len(images) == 0:
        raise DataError(f"cifar10: {path}: data is {images.dtype} {images.shape}, not uint8 (N, 3072); {REMEDY}")
    if labels.shape != (len(images),) or labels.dtype.kind not in "iu" or not ((labels >= 0) & (labels <= 9)).all():
        raise DataError(f"cifar10: {path}: labels are not {len(images)} integers from 0 to 9; {REMEDY}")
    return pixels(images.reshape(-1, 3, 32, 32)), torch.from_numpy(labels.astype(np.int64))


def _reason(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
