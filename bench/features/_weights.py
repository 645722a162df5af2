"""Weight files of published extractors: found on disk, never fetched, known by their sha256."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from bench.data._weights_folder import folder
from bench.data.base import Data
from bench.features.base import FeaturesError


def locate(file: str, origin: str, sha256: str = "") -> Path:
    """A file of the weights' folder. Raises FeaturesError where it is absent or its sha256 begins otherwise."""
    path = folder() / file
    if not path.exists():
        raise FeaturesError(f"{path} is missing: put it there (from {origin}), or set $BENCH_WEIGHTS to its folder")
    if path.is_file() and not sha256_of(path).startswith(sha256):
        raise FeaturesError(f"{path} is not the published file, whose sha256 begins with {sha256} (from {origin})")
    return path


def sha256_of(path: Path) -> str:
    """Of a file's bytes; read again when the file was touched."""
    about = path.stat()
    return _sha256(path, about.st_mtime_ns, about.st_size)


@cache
def _sha256(path: Path, touched: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def to_bytes(images: Tensor) -> Tensor:
    """Images [N, C, H, W] in [-1, 1] -> [N, 3, H, W] uint8, as torch-fidelity reads: clamped, rounded, grey tripled.

    Images that were read from bytes as b/127.5 - 1 come back to the same bytes.
    """
    levels = (images.clamp(-1, 1) * 127.5 + 127.5).round().to(torch.uint8)
    return levels.expand(-1, 3, -1, -1) if levels.shape[1] == 1 else levels


def needs_images(data: Data) -> str | None:
    """Why an extractor of images does not fit; None where it does."""
    if not data.is_image:
        return "it reads images, and these are points"
    return None if data.shape[0] in (1, 3) else f"it reads images of 1 or 3 channels, and these have {data.shape[0]}"
