"""Files that the user puts on disk: nothing is ever downloaded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bench.data.base import DataError


def first(word: str, candidates: Iterable[Path], remedy: str) -> Path:
    """The first path that exists. Raises DataError that names the first candidate and the remedy."""
    places = list(candidates)
    for place in places:
        if place.exists():
            return place
    raise DataError(f"{word}: {places[0]} is not there; {remedy}")


def pixels(images: np.ndarray) -> Tensor:
    """Grey levels [N, C, H, W] uint8, 0 … 255 -> [-1, 1] float32."""
    return torch.from_numpy(images.astype(np.float32)).div_(127.5).sub_(1)
