"""Small panels of samples: points as shares in bins under one normalisation for all panels, pictures as a grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm, Normalize, to_rgb

from bench.reporting.figure_style import INK, tones

BINS = 90
SIDE = 5  # pictures along each edge of a grid

_shades = np.ones((256, 4))
_shades[:, :3], _shades[:, 3] = to_rgb(tones()[0]), np.linspace(0.22, 1, 256)
DENSITY = ListedColormap(_shades)  # the densest has the most ink, on light and on dark ground


def bare(ax: Axes) -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    for side in ("top", "right", "bottom", "left"):
        ax.spines[side].set_visible(True)
        ax.spines[side].set_linewidth(0.4)


class Density:
    """One frame and one normalisation for all panels of points [n, d]: the real data's frame, shares of samples in a bin.

    Beyond the plane, along the real data's first two principal axes. On a line, shares in 60 bins, drawn as bars.
    """

    def __init__(self, panels: Sequence[np.ndarray], real: np.ndarray) -> None:
        self.flat = real.ndim == 2
        if not self.flat:
            return
        self.real = real
        ground = self._seen(real)
        self.plane = ground.shape[1] > 1
        centre, reach = (ground.min(0) + ground.max(0)) / 2, max(1e-9, 0.68 * float(np.ptp(ground, axis=0).max()))
        self.low, self.high = centre - reach, centre + reach
        self.most = max(float(self.shares(panel).max()) for panel in panels) or 1.0
        self.least = 1 / max(len(panel) for panel in panels)
        self.norm: Normalize = LogNorm(self.least, max(self.most, 2 * self.least))
        self.axes = ", along the real data's first two principal axes" if real.shape[1] > 2 else ""

    def shares(self, points: np.ndarray) -> np.ndarray:
        """[BINS, BINS], or [60] on a line; what lies outside of the frame is in no bin."""
        seen = self._seen(points)
        if not self.plane:
            return np.histogram(seen[:, 0], bins=60, range=(self.low[0], self.high[0]))[0] / len(seen)
        frame = [(self.low[0], self.high[0]), (self.low[1], self.high[1])]
        return np.asarray(np.histogram2d(seen[:, 0], seen[:, 1], bins=BINS, range=frame)[0] / len(seen))

    def _seen(self, points: np.ndarray) -> np.ndarray:
        if self.real.shape[1] <= 2:
            return points.astype(np.float64)
        centre = self.real.mean(0, dtype=np.float64)
        _, _, axes = np.linalg.svd(self.real - centre, full_matrices=False)
        signs = np.sign(axes[:2, np.abs(axes[:2]).argmax(1)].diagonal())  # arbitrary: fixed here
        return np.asarray((points - centre) @ (axes[:2] * signs[:, None]).T)


def draw(ax: Axes, samples: np.ndarray, density: Density) -> None:
    if not density.flat:
        _grid(ax, samples)
        return
    shares = density.shares(samples)
    if density.plane:
        extent = (density.low[0], density.high[0], density.low[1], density.high[1])
        shown: Any = {"origin": "lower", "extent": extent, "interpolation": "nearest", "aspect": "auto"}
        ax.imshow(np.ma.masked_equal(shares.T, 0), cmap=DENSITY, norm=density.norm, **shown)
    else:
        ax.stairs(shares, np.linspace(density.low[0], density.high[0], 61), fill=True, color=tones()[0])
        ax.set_ylim(0, 1.05 * density.most)
    if (inside := shares.sum()) < 0.995:
        note = f"{100 * (1 - inside):.0f} % outside"
        ax.annotate(note, (0.5, 0.02), xycoords="axes fraction", ha="center", va="bottom", fontsize=5.5, color=INK)


def _grid(ax: Axes, samples: np.ndarray) -> None:
    """The first pictures [n, C, H, W] in [-1, 1], in the order they were drawn."""
    side = min(SIDE, max(1, int(np.sqrt(len(samples)))))
    n, c, h, w = samples[: side * side].shape
    sheet = np.full((side * (h + 1) - 1, side * (w + 1) - 1, c), np.nan)
    for k in range(n):
        top, left = (k // side) * (h + 1), (k % side) * (w + 1)
        sheet[top : top + h, left : left + w] = np.clip((samples[k].transpose(1, 2, 0) + 1) / 2, 0, 1)
    alpha = np.isfinite(sheet).all(-1).astype(np.float64)
    sheet = np.nan_to_num(sheet)
    rgb = np.repeat(sheet, 3, axis=2) if c == 1 else sheet
    ax.imshow(np.dstack([rgb, alpha]), interpolation="nearest")
