"""The samples that records keep, of the end of training and a few on the way: of the worst, the median and the best seed of
every method.

Which seeds are shown is decided by the last quality, or by the first metric that tells (by the seed's number where there is
none), never by eye.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.diagnostics.seed_curves import QUALITY
from bench.reporting.results import Cell, Results
from bench.reporting.summary import columns


@dataclass(frozen=True)
class Drawn:
    """What one cell's seeds made: seed -> samples [n, *D]."""

    cell: Cell
    made: dict[int, np.ndarray]
    real: np.ndarray  # [n, *D]

    def dead(self, seed: int) -> bool:
        """Whether a seed has no samples to look at: it died, or they are not finite."""
        fate = self.cell.fates.get(seed)
        return (fate is not None and fate.dead) or not bool(np.isfinite(self.made[seed]).all())


def drawn(results: Results, dataset: str) -> list[Drawn]:
    """The cells of one data set that kept samples, those of one shape."""
    found = [one for cell in results.on(dataset) if (one := _drawn(cell)) is not None]
    return [one for one in found if one.real.shape[1:] == found[0].real.shape[1:]]


def ranked_by(results: Results, dataset: str) -> str:
    """What `chosen` chooses by, in words."""
    telling = [column for column in columns(results, dataset) if column.reading.tells]
    names = sorted((column.metric.name for column in telling), key=lambda name: name != QUALITY)
    return f"by the last {names[0]}" if names else "by number"


def filmed(found: Drawn) -> dict[int, list[tuple[int, np.ndarray]]]:
    """Seed -> (step, samples [n, *D]) of a few evaluations before the end, the earliest first."""
    film: dict[int, list[tuple[int, np.ndarray]]] = {}
    for folder in found.cell.folders:
        held = _arrays(folder / "film.npz", "steps", "samples", "seeds")
        if held is None:
            continue
        when, frames, seeds = held
        if frames.shape[:2] != (len(when), len(seeds)) or frames.shape[3:] != found.real.shape[1:]:
            _no_picture(folder / "film.npz", "its arrays do not fit one another")
            continue
        for lane, seed in enumerate(seeds.tolist()):
            film[int(seed)] = sorted(zip(when.tolist(), frames[:, lane], strict=True), key=lambda frame: frame[0])
    return film


def _drawn(cell: Cell) -> Drawn | None:
    made: dict[int, np.ndarray] = {}
    real = None
    for folder in cell.folders:
        if (kept := _kept(folder / "samples.npz")) is not None:
            seeds, samples, real = kept
            made |= dict(zip(seeds, samples, strict=True))
    return None if real is None or not made else Drawn(cell, made, real)


def _kept(path: Path) -> tuple[list[int], np.ndarray, np.ndarray] | None:
    """Seeds, their samples and real ones; None where none were kept, or with a warning where they can't be read."""
    held = _arrays(path, "seeds", "samples", "real")
    if held is None:
        return None
    seeds, samples, real = held
    if len(seeds) == len(samples) and samples.shape[2:] == real.shape[1:] and real.dtype.kind == "f":
        return [int(seed) for seed in seeds], samples, real
    _no_picture(path, "its arrays do not fit one another")
    return None


def _arrays(path: Path, *names: str) -> list[np.ndarray] | None:
    """Some arrays of a file, `samples` among them; None where there is none, or with a warning where they can't be read."""
    if not path.exists():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
            held = {name: kept[name] for name in names}
        whole = all(held[name].ndim == 1 and held[name].dtype.kind in "iu" for name in {"seeds", "steps"} & set(names))
        if whole and held["samples"].dtype.kind == "f":
            return [held[name] for name in names]
        why = "its arrays are not what they are named"
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        why = f"it can't be read ({type(error).__name__})"
    _no_picture(path, why)
    return None


def _no_picture(path: Path, why: str) -> None:
    warnings.warn(f"{path}: {why}: no picture of these samples", stacklevel=2)


def chosen(results: Results, found: Drawn) -> list[tuple[str, int]]:
    """(worst | median | best, seed) by the last quality, or the first metric that tells; a dead seed is the worst."""
    seeds = sorted(found.made)
    telling = [column for column in columns(results, found.cell.dataset) if column.reading.tells]
    for column in sorted(telling, key=lambda column: column.metric.name != QUALITY):
        curves = column.curves.get(found.cell.method)
        if curves is not None:
            sign = 1.0 if curves.higher_is_better else -1.0
            worth = np.where(np.isfinite(curves.compared_last), sign * curves.compared_last, -np.inf)
            rank = dict(zip(map(int, curves.table.columns), worth.tolist(), strict=True))
            seeds = sorted(seeds, key=lambda seed: (rank.get(seed, -np.inf), seed))
            break
    if len(seeds) == 1:
        return [("only", seeds[0])]
    if len(seeds) == 2:
        return [("worst", seeds[0]), ("best", seeds[1])]
    return [("worst", seeds[0]), ("median", seeds[(len(seeds) - 1) // 2]), ("best", seeds[-1])]
