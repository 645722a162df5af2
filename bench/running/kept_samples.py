"""The samples that a record keeps, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from bench.data.base import Data

FILE = "samples.npz"
POINTS, IMAGES = 2500, 64  # of a seed


def count(data: Data) -> int:
    """How many samples of a seed are kept."""
    return IMAGES if data.is_image else POINTS


def write(folder: Path, samples: Tensor, data: Data, seeds: Sequence[int]) -> None:
    """samples [S, n, *D] in the original space, beside as many that were held out."""
    fake = samples.float().cpu().numpy()
    real = data.held_out[: fake.shape[1]].float().numpy()
    np.savez_compressed(folder / FILE, samples=fake, real=real, seeds=np.array(seeds))
