"""The samples that records keep, those of the end of training: of the worst, the median and the best seed of every method.

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
    if not path.exists():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
            seeds, samples, real = [int(seed) for seed in kept["seeds"]], kept["samples"], kept["real"]
        if (
            len(seeds) == len(samples)
            and samples.shape[2:] == real.shape[1:]
            and samples.dtype.kind == real.dtype.kind == "f"
        ):
            return seeds, samples, real
        why = "its arrays do not fit one another"
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        why = f"it can't be read ({type(error).__name__})"
    warnings.warn(f"{path}: {why}: no picture of these samples", stacklevel=2)
    return None


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
