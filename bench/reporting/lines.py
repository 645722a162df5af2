"""Long lines of a figure with fewer points, and many of them as one path."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

MOST_POINTS = 300  # of one seed's line; a longer one is thinned to its extremes


def thinned(steps: np.ndarray, row: np.ndarray, most: int = MOST_POINTS) -> tuple[np.ndarray, np.ndarray]:
    """At most `most` points of a line, the least and the greatest of every stretch, so that no spike is lost."""
    if len(row) <= most:
        return steps, row
    size, longer = divmod(len(row), most // 2)
    edge = longer * (size + 1)  # the first stretches are longer by one
    kept = np.unique(np.concatenate([_extremes(row[:edge], 0, size + 1), _extremes(row[edge:], edge, size)]))
    return steps[kept], row[kept]


def joined(lines: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Several lines (x [T], y [T]) as one with gaps: one path, which is drawn sooner and takes fewer bytes than many."""
    gap = np.array([np.nan])
    x, y = zip(*[(np.append(x, gap), np.append(y, gap)) for x, y in lines], strict=True) if lines else ((gap,), (gap,))
    return np.concatenate(x), np.concatenate(y)


def _extremes(row: np.ndarray, first: int, size: int) -> np.ndarray:
    """Where the least and the greatest of every `size` numbers lie; the first of them where none is finite."""
    parts = row.reshape(-1, size)
    none = ~np.isfinite(parts).any(1)
    ends = [np.where(np.isnan(parts), inf, parts), -np.where(np.isnan(parts), -inf, parts)]
    starts = first + size * np.arange(len(parts))
    return np.concatenate([starts + np.where(none, 0, end.argmin(1)) for end in ends])
