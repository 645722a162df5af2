"""Any folder of images."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from bench.data._files import pixels
from bench.data.base import Data, DataError, DataSource
from bench.plugins.ranges import Count, Inner

ENDINGS = {".png", ".jpg", ".jpeg"}


@dataclass(frozen=True, kw_only=True)
class ImageFolder(DataSource):
    """PNG and JPEG files below `root`, x [N, 3, size, size] in [-1, 1].

    The largest square at the centre is cut out and resized to `size` pixels (Pillow's Lanczos, which averages when it
    shrinks); grey and transparent images become RGB. Where every image lies in a subfolder, the
    subfolders' names in order are the labels.

    The share `held_out` is chosen by the sha256 of the files' contents: the same files are held out wherever they lie,
    and copies of one file are never on both sides. Raises DataError where there is no image, or a file that is none.
    """

    root: str = "datasets/images"
    size: Count = 32
    held_out: Inner = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.held_out < 1:
            raise DataError(f"image_folder: held_out={self.held_out} must lie between 0 and 1")
        if self.size < 1:
            raise DataError(f"image_folder: size={self.size} must be at least 1 pixel")

    def load(self) -> Data:
        root = Path(self.root).expanduser()
        if not root.is_dir():
            raise DataError(f"image_folder: {root} is not a folder; put PNG or JPEG files there, or set root=")
        paths = sorted(p for p in root.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file())
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
        if len(set(digests)) < 2:
            raise DataError(
                f"image_folder: {root} holds {len(set(digests))} different PNG or JPEG files; at least 2 are needed"
            )
        chosen = self._chosen(digests)
        x = pixels(np.stack([self._read(path) for path in paths]).transpose(0, 3, 1, 2))
        folders = [path.relative_to(root).parts[0] for path in paths]
        names = sorted(set(folders)) if all(path.parent != root for path in paths) else []
        if not names:
            return Data(x[~chosen], x[chosen])
        labels = torch.tensor([names.index(folder) for folder in folders])
        return Data(x[~chosen], x[chosen], labels[~chosen], labels[chosen], classes=len(names))

    def _chosen(self, digests: list[str]) -> torch.Tensor:
        """Which files are held out [N] bool: those of the smallest digests."""
        different = sorted(set(digests))
        count = min(max(1, round(self.held_out * len(different))), len(different) - 1)
        return torch.tensor([digest <= different[count - 1] for digest in digests])

    def _read(self, path: Path) -> np.ndarray:
        """One image [size, size, 3] uint8."""
        try:
            with Image.open(path, formats=("PNG", "JPEG")) as image:
                upright = ImageOps.exif_transpose(image).convert("RGB")
                edge = min(upright.size)
                left, top = (upright.width - edge) // 2, (upright.height - edge) // 2
                square = upright.crop((left, top, left + edge, top + edge))
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise DataError(f"image_folder: {path} can't be read as an image ({error}); mend or remove it") from None
        return np.asarray(square.resize((self.size, self.size), Image.Resampling.LANCZOS))
