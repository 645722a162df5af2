"""Samples that were made elsewhere, as they lie on disk: arrays of NumPy and folders of pictures, a seed each."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from glob import glob, has_magic
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from bench.data._checked import RANGE
from bench.data._files import pixels
from bench.data._pictures import ENDINGS, listing, rgb, shown
from bench.data.base import Data, DataError

ARRAYS = {".npy", ".npz"}
NAMES = ("samples", "arr_0")  # of the array in an .npz, the first that is there
State = tuple[tuple[Path, int, int], ...]  # files, each with its length and time of change


@dataclass(frozen=True)
class SeedSamples:
    """The samples of one seed: where they are, and what has to be known of them before they are used."""

    path: Path
    place: int | None  # along the first axis of an array of several seeds
    shape: tuple[int, ...]  # [n, *D], as it is stored
    kind: str  # type of its numbers
    low: float  # of those that are finite
    high: float
    bad: int  # samples with a number that is not finite
    content: str = field(repr=False)  # a hash

    @property
    def name(self) -> str:
        return shown(self.path) + ("" if self.place is None else f", seed {self.place}")

    def misfit(self, data: Data, n: int) -> str | None:
        """Why they can't stand for n samples of a data set, in a line with the remedy; None where they can."""
        if why := _wrong_kind(self.kind, data) or _wrong_shape(self.shape[1:], self.kind, data.shape):
            return f"{self.name}: {why}"
        if self.shape[0] < n:
            return (
                f"{self.name}: holds {self.shape[0]} samples, and {n} are judged: give more, or the metrics a smaller n"
            )
        if data.is_image and self.kind != "uint8" and self.low <= self.high:
            if max(-self.low, self.high) > RANGE:
                reach = f"{self.low:g} to {self.high:g}"
                return f"{self.name}: its pixels reach from {reach}: scale them to [-1, 1], or clip what lies beyond"
            if self.low >= 0 > float(data.x.min()):
                return f"{self.name}: its pixels lie between 0 and 1, those of the data between -1 and 1: save 2x - 1"
        return None

    def read(self, data: Data) -> Tensor:
        """[n, *D] float32 in the original space of the data, which they fit. Raises DataError where they were changed."""
        array = _array(self.path)
        x = array if self.place is None else array[self.place]
        if _content(x) != self.content:
            raise DataError(f"{self.name}: was changed since the run began: run it again")
        if self.kind != "uint8":
            return torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32))
        if x.shape[1:] != data.shape:
            x = np.moveaxis(x, -1, 1)  # [n, H, W, C] as pictures are
        return pixels(np.broadcast_to(x, (len(x), *data.shape)))


def seeds_at(path: Path, data: Data) -> tuple[SeedSamples, ...]:
    """The samples at a path, a seed each, in the natural order of their names. Raises DataError, one line.

    One seed is an .npz or .npy file of an array [n, *D], or a folder of pictures. A folder that holds several of these, or
    a pattern (`runs/*/samples.npz`), is a seed each, and one file of an array [S, n, *D] is S seeds.
    """
    places = _places(path)
    found = [seed for one in places for seed in _seeds(one, _state(one), len(data.shape))]
    if len(places) > 1 and (several := next((seed for seed in found if seed.place is not None), None)):
        raise DataError(f"{shown(several.path)}: holds several seeds, and stands beside others: give each seed a file")
    if not found or any(0 in seed.shape for seed in found):
        raise DataError(f"{shown(path)}: an array there has no samples: give at least one")
    first: dict[str, SeedSamples] = {}
    for seed in found:
        if (same := first.setdefault(seed.content, seed)) is not seed:
            raise DataError(
                f"{seed.name}: is the same as {same.name}: every seed is another training; remove one of them"
            )
    return tuple(found)


@lru_cache(maxsize=256)  # a suite's samples are looked at several times
def _seeds(path: Path, state: State, axes: int) -> tuple[SeedSamples, ...]:
    """The seeds of one place; `axes`: of one sample of the data."""
    array = _array(path)
    if array.ndim != axes + 2:
        return (_seed(path, None, array),)
    return tuple(_seed(path, k, x) for k, x in enumerate(array))


def _seed(path: Path, place: int | None, x: np.ndarray) -> SeedSamples:
    low, high, bad = 0.0, 0.0, 0
    if x.dtype.kind == "f" and x.size and x.ndim:
        sound = np.isfinite(x)
        low, high = float(x.min(where=sound, initial=np.inf)), float(x.max(where=sound, initial=-np.inf))
        bad = int((~sound.reshape(len(x), -1).all(1)).sum())
    return SeedSamples(path, place, x.shape or (0,), str(x.dtype), low, high, bad, _content(x))


def _content(x: np.ndarray) -> str:
    return hashlib.sha256(f"{x.dtype}{x.shape}".encode() + x.tobytes()).hexdigest()


def _wrong_kind(kind: str, data: Data) -> str | None:
    if re.fullmatch(r"[<>]?f(loat)?\d+", kind) or (kind == "uint8" and data.is_image):
        return None
    more = ", or pictures of uint8" if data.is_image else ""
    return f"its numbers are {kind}: give float32{more}"


def _wrong_shape(shape: Sequence[int], kind: str, wanted: Sequence[int]) -> str | None:
    fitting = [tuple(wanted)]
    if kind == "uint8":
        channels, *size = wanted
        fitting += [(*size, channels), (*size, 1)]  # as pictures are; grey ones have all channels equal
    if tuple(shape) in fitting:
        return None
    of = f"[n, {', '.join(map(str, wanted))}]"
    return (
        f"its samples are [n, {', '.join(map(str, shape))}], and those of the data {of}: save them so, without resizing"
    )


def _array(path: Path) -> np.ndarray:
    """What lies at one place: an array, or pictures [n, H, W, 3] uint8, [n, H, W, 1] where all are grey. Raises DataError."""
    if path.is_dir():
        return _pictures(path)
    try:
        held = np.load(path, allow_pickle=False)
        if isinstance(held, np.ndarray):
            return held
        with held:
            if name := next((name for name in NAMES if name in held.files), None):
                return np.asarray(held[name])
            names = ", ".join(held.files) or "none"
    except Exception as error:  # a damaged file raises nearly anything
        said = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{shown(path)}: can't be read as an array ({said}); write it with numpy.savez") from None
    raise DataError(f"{shown(path)}: has the arrays {names}: call the one of samples 'samples'")


def _pictures(folder: Path) -> np.ndarray:
    pictures = [_picture(path) for path in sorted(listing(folder).paths, key=_natural)]
    if not pictures:
        raise DataError(f"{shown(folder)}: holds no PNG or JPEG files: put the samples there")
    if len(sizes := sorted({picture.shape[:2] for picture in pictures})) > 1:
        told = " and ".join(f"{height} × {width}" for height, width in sizes[:2])
        raise DataError(f"{shown(folder)}: holds pictures of {told} pixels: save all samples in one size")
    x = np.stack(pictures)
    return x[..., :1] if bool((x == x[..., :1]).all()) else x


def _picture(path: Path) -> np.ndarray:
    try:
        with warnings.catch_warnings(), Image.open(path, formats=("PNG", "JPEG")) as image:
            warnings.simplefilter("ignore")  # of pictures that are very large, or badly marked
            return np.asarray(rgb(image))
    except Exception as error:  # a damaged file raises nearly anything
        said = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{shown(path)}: can't be read as an image ({said}); mend or remove it") from None


def _places(path: Path) -> list[Path]:
    """Where the seeds lie, in order."""
    if has_magic(str(path)) and not path.exists():
        matched = [Path(one) for one in glob(str(path), recursive=True)]
        if found := [one for one in matched if one.is_dir() or one.suffix in ARRAYS]:
            return sorted(found, key=_natural)
        raise DataError(f"{shown(path)}: nothing is called so: .npz and .npy files and folders of pictures are read")
    if path.is_file() and path.suffix in ARRAYS:
        return [path]
    if path.is_file():
        raise DataError(f"{shown(path)}: is no .npz or .npy file, nor a folder of pictures")
    if not path.is_dir():
        raise DataError(
            f"{shown(path)}: is not there: give an .npz or .npy file, a folder of these, or one of pictures"
        )
    held = sorted((one for one in path.iterdir() if not one.name.startswith(".")), key=_natural)
    arrays = [one for one in held if one.is_file() and one.suffix in ARRAYS]
    folders = [one for one in held if one.is_dir() and listing(one).paths]
    here = [path] if any(one.is_file() and one.suffix.lower() in ENDINGS for one in held) else []
    kinds = {"arrays": arrays, "pictures": here, "folders of pictures": folders}
    there = [kind for kind, found in kinds.items() if found]
    if len(there) > 1:
        one = f"{shown(path / '*.npz')}" if arrays else f"{shown(path / '*')}/"
        raise DataError(f"{shown(path)}: holds {' and '.join(there)}: say by a pattern which are meant, as {one}")
    if not there:
        raise DataError(f"{shown(path)}: holds no samples: put .npz or .npy files there, or PNG or JPEG pictures")
    return kinds[there[0]]


def _state(path: Path) -> State:
    files = listing(path).paths if path.is_dir() else (path,)
    return tuple((file, file.stat().st_size, file.stat().st_mtime_ns) for file in files)


def _natural(path: Path) -> list[tuple[bool, int, str]]:
    """seed2 before seed10."""
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", str(path))]
