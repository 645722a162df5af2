"""Small files in MNIST's format, written by the tests themselves."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np

from bench.data.digits import Digits


def idx(array: np.ndarray, magic: bytes | None = None) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) if magic is None else magic
    return head + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write(folder: Path, part: str, images: np.ndarray, labels: np.ndarray, zipped: bool = False) -> None:
    """Images [N, 28, 28] and labels [N], uint8, as the files of a part, `train` or `t10k`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in ((f"{part}-images-idx3-ubyte", images), (f"{part}-labels-idx1-ubyte", labels)):
        (folder / (name + ".gz" * zipped)).write_bytes(gzip.compress(idx(array)) if zipped else idx(array))


def handwritten(folder: Path, n: int = 300, held_out: int = 100, zipped: bool = False) -> Path:
    """The first of scikit-learn's digits, three times as large, in a frame of background: a few that can be learned."""
    data = Digits().load()
    for part, x, labels, count in (
        ("train", data.x, data.labels, n),
        ("t10k", data.held_out, data.held_out_labels, held_out),
    ):
        large = x[:count, 0].repeat_interleave(3, 1).repeat_interleave(3, 2)
        levels = np.pad(large.add(1).mul(127.5).round().byte().numpy(), [(0, 0), (2, 2), (2, 2)])
        write(folder, part, levels, labels[:count].numpy().astype(np.uint8), zipped)
    return folder
