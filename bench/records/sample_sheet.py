"""samples.png of a record: samples of every seed, beside the data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.floating]
MOST = 8  # seeds drawn
SHOWN = 16  # images of a seed


def draw(path: Path, samples: Array, real: Array, titles: Sequence[str]) -> None:
    """samples [S, n, *D] and real [n, *D] -> a row of panels: the data, then one seed after another, titled."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = [("data", real), *zip(titles[:MOST], samples, strict=False)]
    figure = Figure(figsize=(2 * len(panels), 2.2), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    limits = _limits(real)
    for k, (title, x) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), k + 1)
        axes.set_title(title, fontsize=8)
        axes.set_xticks([])
        axes.set_yticks([])
        if not np.isfinite(x).all():
            axes.text(0.5, 0.5, "not finite", ha="center", va="center", fontsize=8, transform=axes.transAxes)
        elif x.ndim == 4:
            axes.imshow(_grid(x[:SHOWN]), vmin=0, vmax=1, cmap="gray", interpolation="nearest")
        else:
            _points(axes, x, limits)
    figure.savefig(path)


def _limits(real: Array) -> tuple[Array, Array]:
    """The corners of the data's box, and a quarter of its width around it."""
    flat = real.reshape(len(real), -1)
    low, high = flat.min(0), flat.max(0)
    return low - 0.25 * (high - low), high + 0.25 * (high - low)


def _points(axes: Axes, x: Array, limits: tuple[Array, Array]) -> None:
    """The first two coordinates; points on a line are drawn along it."""
    flat = x.reshape(len(x), -1)
    second = flat[:, 1] if flat.shape[1] > 1 else np.zeros(len(flat))
    axes.scatter(flat[:, 0], second, s=0.5, alpha=0.5, linewidths=0, color="#0173b2")
    axes.set_xlim(limits[0][0], limits[1][0])
    if flat.shape[1] > 1:
        axes.set_ylim(limits[0][1], limits[1][1])


def _grid(images: Array) -> Array:
    """images [n, C, H, W] in [-1, 1] -> one picture of square tiles in [0, 1]."""
    side = int(np.ceil(np.sqrt(len(images))))
    n, channels, height, width = images.shape
    tiles = np.full((side * side, channels, height, width), 1.0, dtype=np.float32)
    tiles[:n] = np.clip(images / 2 + 0.5, 0, 1)
    page = tiles.reshape(side, side, channels, height, width).transpose(0, 3, 1, 4, 2)
    page = page.reshape(side * height, side * width, channels)
    return page[..., :3] if channels >= 3 else page[..., 0]
