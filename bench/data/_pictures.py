"""The pictures below a folder: which files they are, what is left out, and how one becomes pixels."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from bench.data.base import DataError

ENDINGS = {".png", ".jpg", ".jpeg"}
MOST = 1_000_000  # entries of a folder
BACKGROUND = (255, 255, 255, 255)  # behind what is transparent
PLAIN = ("1", "L", "P", "RGB", "CMYK")  # Pillow's names of what becomes RGB by its own rule
SEE_THROUGH = ("LA", "PA", "La", "RGBA", "RGBa")
UNSEEN = "__MACOSX"  # what macOS adds to archives, as hidden as .git


@dataclass(frozen=True)
class Listing:
    """The files of a folder."""

    paths: tuple[Path, ...]  # in order
    left_out: Counter[str]  # what for -> how many

    def __str__(self) -> str:
        """What is left out: `ending '.gif' (3), hidden (1)`."""
        return ", ".join(f"{why} ({count})" for why, count in sorted(self.left_out.items()))


def listing(root: Path) -> Listing:
    """PNG and JPEG files below a folder, by name. Links to files are read; hidden files and folders, links to folders
    and files with other endings are left out and counted. Raises DataError where it holds more than MOST entries: then it is
    another folder than was meant, such as the root of all."""
    paths: list[Path] = []
    left_out: Counter[str] = Counter()
    for count, (path, folder) in enumerate(_entries(root)):
        if count == MOST:
            raise DataError(f"image_folder: {shown(root)} holds more than {MOST} files; name the folder of the images")
        if path.name.startswith(".") or path.name == UNSEEN:
            left_out["hidden"] += 1
        elif folder:
            left_out["links to folders"] += 1
        elif path.suffix.lower() not in ENDINGS:
            left_out[f"ending '{shown(path.suffix.lower())}'"] += 1
        elif not path.is_file():
            left_out["links that lead nowhere"] += 1
        else:
            paths.append(path)
    return Listing(tuple(sorted(paths)), left_out)


def _entries(root: Path) -> Iterator[tuple[Path, bool]]:
    """Everything below a folder that is not looked into, and whether it is a folder."""
    for above, folders, files in os.walk(root):
        for name in list(folders):
            if name.startswith(".") or name == UNSEEN or os.path.islink(os.path.join(above, name)):
                folders.remove(name)
                yield Path(above, name), True
        yield from ((Path(above, name), False) for name in files)


@lru_cache(maxsize=2)  # a suite's data is looked at several times, and decoding takes long
def read_all(files: tuple[tuple[Path, int, int], ...], size: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Images [N, size, size, 3] uint8 of files, each with its length and time of change; and of each image the digest
    that it shares with those that equal it pixel by pixel, the smallest of their files'. Raises DataError."""
    images = np.empty((len(files), size, size, 3), np.uint8)
    seen: list[str] = []
    of: dict[str, str] = {}
    for k, (path, _, _) in enumerate(files):
        images[k], digest = read(path, size)
        seen.append(hashlib.sha256(images[k].tobytes()).hexdigest())
        of[seen[k]] = min(of.get(seen[k], digest), digest)
    images.flags.writeable = False
    return images, tuple(of[same] for same in seen)


def read(path: Path, size: int) -> tuple[np.ndarray, str]:
    """One picture [size, size, 3] uint8 and the sha256 of its file. Raises DataError.

    Upright by its EXIF mark; the largest square at its centre; Pillow's Lanczos, which averages when it shrinks.
    """
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with warnings.catch_warnings(), Image.open(path, formats=("PNG", "JPEG")) as image:
            warnings.simplefilter("ignore")  # of pictures that are very large, or badly marked
            upright = rgb(ImageOps.exif_transpose(image))
            edge = min(upright.size)
            left, top = (upright.width - edge) // 2, (upright.height - edge) // 2
            square = upright.crop((left, top, left + edge, top + edge))
            return np.asarray(square.resize((size, size), Image.Resampling.LANCZOS)), digest
    except Exception as error:  # a damaged file raises nearly anything
        said = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"image_folder: {shown(path)} can't be read as an image ({said}); mend or remove it") from None


def rgb(image: Image.Image) -> Image.Image:
    """Any PNG or JPEG as RGB, 8 bits a channel. Raises ValueError for a kind that has no rule.

    Grey: three equal channels; 16-bit grey v: round(v / 257). Transparent: over white, a·colour + (1 - a)·255. Palette:
    its colours. CMYK: Pillow's (255 - C)(255 - K) / 255, without the file's colour profile.
    """
    transparent = "transparency" in image.info
    if image.mode.startswith("I") and not transparent:
        levels = np.asarray(image).astype(np.int64)  # 0 … 65535
        return Image.fromarray(((levels + 128) // 257).astype(np.uint8)).convert("RGB")
    if image.mode in SEE_THROUGH or (transparent and image.mode in PLAIN):
        seen = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", seen.size, BACKGROUND), seen).convert("RGB")
    if image.mode in PLAIN:
        return image.convert("RGB")
    kind = f"{image.mode}, with a transparent level" if transparent else image.mode
    raise ValueError(f"its pixels are {kind}: save it as RGB")


def shown(path: Path | str) -> str:
    """A path as it can be printed, whatever bytes are in it."""
    return str(path).encode(errors="backslashreplace").decode()
