"""The film of a block: a few samples of every seed at a few evaluations on the way, for the strips of a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from bench.training.loop import History

FILE, KEPT = "film.npz", "film"
FRAMES = 5  # before the end, of which a record keeps more samples (`samples.npz`)
POINTS, IMAGES = 500, 16  # samples of a seed in a frame


def frames(steps: int, every: int) -> tuple[int, ...]:
    """The steps of at most FRAMES evaluations before the last, spread evenly by their logarithm: most happens early."""
    count = -(-steps // every) if every else 1
    chosen = np.unique(np.geomspace(1, count, FRAMES + 1).round().astype(int)).tolist()
    return tuple(number * every for number in chosen if number < count)


class Film:
    """Keeps the first samples of those evaluations, in `History.kept[KEPT]`: step as text -> [S, n, *D]."""

    def __init__(self, steps: int, every: int, images: bool) -> None:
        self.at, self.n = frames(steps, every), IMAGES if images else POINTS

    def __call__(self, history: History, samples: Tensor) -> None:
        step = int(history.state.step)
        if step in self.at:
            history.kept.setdefault(KEPT, {})[str(step)] = samples[:, : self.n].clone()


def write_film(folder: Path, history: History, seeds: Sequence[int]) -> None:
    """steps [F], samples [F, S, n, *D] in the original space, and seeds [S]; no file where there is no frame."""
    if held := history.kept.get(KEPT):
        shown = np.stack([frame.float().cpu().numpy() for frame in held.values()])
        np.savez_compressed(folder / FILE, steps=np.array([int(s) for s in held]), samples=shown, seeds=np.array(seeds))
