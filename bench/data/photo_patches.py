"""Colour patches of two photographs: natural images that need no download."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from bench.data._synthetic import Synthetic
from bench.data.base import Data
from bench.plugins.ranges import Count, Samples

EVERY = 4  # one diagonal of tiles in four is held out


@dataclass(frozen=True, kw_only=True)
class PhotoPatches(Synthetic):
    """Patches [N, 3, size, size] of the two photographs that scikit-learn ships (temple, flower), in [-1, 1].

    Each photograph (427 × 640 pixels) is cut into tiles a quarter wider than the patch, and every fourth diagonal of
    tiles is held out. A patch lies within one tile, anywhere in it, mirrored or not. So no pixel is in both parts, and
    both parts show every region of both photographs. Patches of one tile overlap: n are worth fewer independent ones.
    The pixels are those of the JPEG decoder at hand (Pillow's), which may differ by a grey level between versions.
    """

    generated: ClassVar[bool] = False  # of pictures that are read

    n: Samples = 10_000
    held_out: Samples = 5_000
    size: Count = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(4 <= self.size <= 64, f"size={self.size} must lie between 4 and 64 pixels")
        self.require_room(3 * self.size**2)

    @property
    def margin(self) -> int:
        """Pixels by which a tile is wider than a patch."""
        return self.size // 4

    def load(self) -> Data:
        from sklearn.datasets import load_sample_images

        photographs = np.stack(load_sample_images().images)  # [2, 427, 640, 3] uint8
        x = self._cut(photographs, self.n, "train")
        return Data(x, self._cut(photographs, self.held_out, "held_out"))

    def tiles(self, height: int, width: int, split: str) -> np.ndarray:
        """Upper left corners [T, 2] of the tiles of one part of a photograph."""
        edge = self.size + self.margin
        row, column = np.divmod(np.arange((height // edge) * (width // edge)), width // edge)
        held_out = (row + column) % EVERY == 0
        mine = held_out if split == "held_out" else ~held_out
        return np.stack([row[mine] * edge, column[mine] * edge], 1)

    def _cut(self, photographs: np.ndarray, n: int, split: str) -> Tensor:
        source, size = self.stream(split), self.size
        tiles = self.tiles(photographs.shape[1], photographs.shape[2], split)
        photograph = source.integers(len(photographs), size=n)
        top, left = (tiles[source.integers(len(tiles), size=n)] + source.integers(self.margin + 1, size=(n, 2))).T
        mirrored = source.random(n) < 0.5
        rows = top[:, None] + np.arange(size)  # [n, size]
        columns = left[:, None] + np.where(mirrored[:, None], np.arange(size)[::-1], np.arange(size))
        patches = photographs[photograph[:, None, None], rows[:, :, None], columns[:, None, :]]  # [n, size, size, 3]
        return torch.from_numpy(patches).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1
