"""Any folder of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from bench.data._files import pixels
from bench.data._pictures import Listing, listing, read_all, shown
from bench.data.base import Data, DataError, DataSource
from bench.plugins.ranges import Count, Inner


@dataclass(frozen=True, kw_only=True)
class ImageFolder(DataSource):
    """PNG and JPEG files below `root`, x [N, 3, size, size] in [-1, 1].

    The largest square at the centre is cut out and resized to `size` pixels (Pillow's Lanczos, which averages when it
    shrinks). All become RGB of 8 bits: grey by three equal channels, 16-bit grey v by round(v / 257), palettes by their
    colours, what is transparent over white, CMYK without its colour profile; other kinds are refused. Of an animation the
    first picture counts. Where every image lies in a subfolder, the subfolders' names in order are the labels.

    Hidden files and folders (`.git`, `__MACOSX`), links to folders and other endings are left out, which is counted and
    said. The share `held_out` is chosen by the sha256 of the files' contents: the same files are held out wherever they
    lie. Images that are equal pixel by pixel, however they were compressed, are never on both sides. Raises DataError
    where there are no two different images, or a file that is none.
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
        paths = self._listing().paths
        images, groups = self._read(paths)
        chosen = self._chosen(groups)
        x = pixels(images.transpose(0, 3, 1, 2))
        names = self._classes(paths)
        if not names:
            return Data(x[~chosen], x[chosen])
        labels = torch.tensor([names.index(folder) for folder in self._folders(paths)])
        return Data(x[~chosen], x[chosen], labels[~chosen], labels[chosen], classes=len(names))

    def remarks(self) -> Sequence[str]:
        """What was left out, what is there twice, and why there are no classes: half a sentence each."""
        found = self._listing()
        said = []
        if found.left_out:
            said.append(f"left out of {shown(Path(self.root))}: {found}")
        _, groups = self._read(found.paths)
        if copies := len(groups) - len(set(groups)):
            said.append(
                f"{copies} of {len(groups)} images are copies of another, pixel by pixel: held out together with it, or not at all"
            )
        strays = sum(len(parts) == 1 for parts in self._below(found.paths))
        if 0 < strays < len(found.paths):
            said.append(f"{strays} of {len(found.paths)} images lie in no subfolder, so there are no classes")
        return said

    def _listing(self) -> Listing:
        root = Path(self.root).expanduser()
        if not root.is_dir():
            raise DataError(f"image_folder: {shown(root)} is not a folder; put PNG or JPEG files there, or set root=")
        if root.resolve() == Path(root.resolve().anchor):
            raise DataError(f"image_folder: {shown(root)} is the whole file system; name the folder of the images")
        found = listing(root)
        if not found.paths:
            rest = f" (left out: {found})" if found.left_out else ""
            raise DataError(
                f"image_folder: {shown(root)} holds 0 different PNG or JPEG files{rest}; at least 2 are needed"
            )
        return found

    def _read(self, paths: Sequence[Path]) -> tuple[np.ndarray, tuple[str, ...]]:
        """Images [N, size, size, 3] uint8, and of each the digest that it shares with its copies."""
        images, groups = read_all(tuple((p, p.stat().st_size, p.stat().st_mtime_ns) for p in paths), self.size)
        if (count := len(set(groups))) < 2:
            root = shown(Path(self.root).expanduser())
            raise DataError(f"image_folder: {root} holds {count} different PNG or JPEG files; at least 2 are needed")
        return images, groups

    def _chosen(self, groups: Sequence[str]) -> torch.Tensor:
        """Which files are held out [N] bool: those of the smallest digests."""
        different = sorted(set(groups))
        count = min(max(1, round(self.held_out * len(different))), len(different) - 1)
        return torch.tensor([digest <= different[count - 1] for digest in groups])

    def _below(self, paths: Sequence[Path]) -> list[tuple[str, ...]]:
        root = Path(self.root).expanduser()
        return [path.relative_to(root).parts for path in paths]

    def _folders(self, paths: Sequence[Path]) -> list[str]:
        return [parts[0] for parts in self._below(paths)]

    def _classes(self, paths: Sequence[Path]) -> list[str]:
        """The subfolders' names in order; none where an image lies in no subfolder."""
        return sorted(set(self._folders(paths))) if all(len(parts) > 1 for parts in self._below(paths)) else []
