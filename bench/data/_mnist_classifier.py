"""A small classifier of MNIST's digits, trained once on the user's own files and kept beside other weights.

LeNet-5's manner (LeCun et al. 1998) with 64 features before the last layer: one net for images of 28 pixels, one of the
same shape for 14, whose second pooling is left out. Trained on the training files alone, from a fixed key, on one thread,
it takes minutes; the two nets then lie in one file, whose name has the hash of those files and of the recipe.

Its last bits differ between kinds of processors. So the sha256 of the *weights* is part of the protocol of all that is
measured with them: two machines' numbers are compared where they share the file, and called incomparable where they don't.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sys
import tempfile
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bench.data._classifiers import See, Weights, each_channel, fit, last
from bench.data._files import pixels
from bench.data._weights_folder import folder
from bench.data.base import DataError, keyed
from bench.data.mnist import HALF, SIDE, Mnist, resized
from bench.hashing.content import digest

SIZES = (HALF, SIDE)
SHAPES = {
    "conv1": (16, 1, 3, 3), "bias1": (16,),
    "conv2": (32, 16, 3, 3), "bias2": (32,),
    "dense": (64, 1568), "bias3": (64,),
    "last": (10, 64), "bias4": (10,),
}  # fmt: skip
EPOCHS, BATCH = 8, 64
SHIFT = {HALF: 1, SIDE: 2}  # pixels
RECIPE = ("mnist classifier", 1, SHAPES, EPOCHS, BATCH, SHIFT)  # another number for any other change of the weights
SLAB = 256  # channels at a time: their activations stay in a core's cache
REMEMBERED = 64  # sets of samples


def hidden(w: Weights, x: Tensor) -> Tensor:
    """Digits x [N, 1, 28, 28] or [N, 1, 14, 14] -> the layer before the last [N, 64]."""
    x = F.silu(F.max_pool2d(F.conv2d(x, w["conv1"], w["bias1"], padding=1), 2))
    x = F.conv2d(x, w["conv2"], w["bias2"], padding=1)
    x = F.silu(F.max_pool2d(x, 2) if x.shape[-1] == SIDE // 2 else x)
    return F.silu(F.linear(x.flatten(1), w["dense"], w["bias3"]))


class Classifier(Mapping[int, Weights]):
    """The nets by size, read or trained when first looked at: loading data, or checking a suite, trains nothing.

    Raises DataError where the files of MNIST or a place for the weights are missing, or the weights are damaged.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._read: OrderedDict[str, tuple[Tensor, Tensor]] = OrderedDict()

    def __getitem__(self, size: int) -> Weights:
        return self._nets[size]

    def __iter__(self) -> Iterator[int]:
        return iter(self._nets)

    def __len__(self) -> int:
        return len(self._nets)

    @cached_property
    def _nets(self) -> dict[int, Weights]:
        return kept(self.root)

    @cached_property
    def sha256(self) -> str:
        """Of the weights of both nets."""
        return _sha256(*(self[size][name].numpy() for size in SIZES for name in SHAPES))

    def features(self, x: Tensor) -> Tensor:
        """Images x [N, C, size, size] -> each channel's layer before the last [N, C, 64]."""
        return self._each(x, hidden)

    def logits(self, x: Tensor) -> Tensor:
        """Images x [N, C, size, size] -> each channel's ten logits [N, C, 10]."""
        return self._each(x, lambda w, channel: last(w, hidden(w, channel)))

    def name(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Images x [N, C, size, size] -> each channel's likeliest digit and its probability, [N, C] each.

        What was said of the last few sets is remembered by their contents: every metric of modes asks about the same.
        """
        key = f"{x.device} {digest(x)}"
        if key not in self._read:
            probability, digit = self.logits(x).softmax(-1).max(-1)
            self._read[key] = digit, probability
        self._read.move_to_end(key)
        while len(self._read) > REMEMBERED:
            self._read.popitem(last=False)
        return self._read[key]

    def _each(self, x: Tensor, see: See) -> Tensor:
        return each_channel(self[x.shape[-1]], x, see, SLAB)


def of(root: str) -> Classifier:
    """The classifier of the files in a folder, one a process."""
    return _of(root, folder())


@cache
def _of(root: str, kept: Path) -> Classifier:
    return Classifier(root)


def kept(root: str) -> dict[int, Weights]:
    """The nets of the files in a folder, from the folder of weights; trained and put there where they are not."""
    images, labels = Mnist(root=root).read("train")
    path = folder() / f"mnist_classifier_{_sha256(repr(RECIPE).encode(), images, labels)[:16]}.npz"
    if not path.exists():
        with _alone(path):
            if not path.exists():
                _write(path, train(pixels(images[:, None]), torch.from_numpy(labels.astype(np.int64)), root))
    return read(path)


def train(x: Tensor, labels: Tensor, root: str) -> dict[int, Weights]:
    """The recipe, on training images x [N, 1, 28, 28]; one line an epoch on stderr."""

    def net(size: int) -> Weights:
        def said(epoch: int) -> None:
            where = f"{size} × {size} pixels, epoch {epoch + 1} of {EPOCHS}"
            print(f"training a classifier of the digits in {root}, once: {where}", file=sys.stderr, flush=True)

        source, shift = keyed("mnist classifier", size), SHIFT[size]
        shown = resized(x, size)
        return fit(hidden, SHAPES, shown, labels, source, epochs=EPOCHS, batch=BATCH, shift=shift, said=said)

    return {size: net(size) for size in SIZES}


def read(path: Path) -> dict[int, Weights]:
    """The nets of a file. Raises DataError where it is damaged or another."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            nets = {s: {name: torch.from_numpy(arrays[f"{name}_{s}"]) for name in SHAPES} for s in SIZES}
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} can't be read ({error}): remove it, and it is made again") from None
    for net in nets.values():
        for name, value in net.items():
            if value.dtype != torch.float32 or tuple(value.shape) != SHAPES[name] or not value.isfinite().all():
                raise DataError(f"{path} holds another {name} than this version's: remove it, and it is made again")
    return nets


def _write(path: Path, nets: dict[int, Weights]) -> None:
    arrays: dict[str, Any] = {f"{name}_{s}": value.numpy() for s, net in nets.items() for name, value in net.items()}
    handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)
        os.chmod(draft, 0o644)  # others may use it
        os.replace(draft, path)  # readers see all of it or none
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process trains while the others wait; where the system has no such locks, each trains for itself."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(0, "no permission to write")
    except OSError as error:
        why = f"can't be written ({error.strerror}): set $BENCH_WEIGHTS to a folder of yours"
        raise DataError(f"{path} {why}") from None
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # let go of when the process ends, however it does
        yield
    finally:
        os.close(handle)


def _sha256(*parts: bytes | np.ndarray) -> str:
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(part if isinstance(part, bytes) else np.ascontiguousarray(part).data)
    return hasher.hexdigest()
