"""Sample sheets: what the worst, the median and the best seed of every method made, beside the real data, shown once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm, Normalize, to_rgb
from matplotlib.figure import Figure

from bench.reporting.estimates import steps
from bench.reporting.figure_style import FAINT, INK, PAGE, Picture, canvas, plain, save, style, tones
from bench.reporting.results import Results
from bench.reporting.samples import Drawn, chosen, drawn, ranked_by
from bench.stats.outcomes import COLLAPSED

BINS = 90
SIDE = 5  # pictures along each edge of a grid
MOST = 12  # methods on one sheet
TILE, GAP, HEAD = 1.04, 0.06, 0.34  # inches
LAST = "Records keep the samples of the end of training, and no earlier ones."

_shades = np.ones((256, 4))
_shades[:, :3], _shades[:, 3] = to_rgb(tones()[0]), np.linspace(0.22, 1, 256)
DENSITY = ListedColormap(_shades)  # the densest has the most ink, on light and on dark ground


def sample_sheets(results: Results, dataset: str) -> list[Picture]:
    """The sheets of one data set, at most MOST methods on each; none where no samples were kept."""
    found = drawn(results, dataset)
    shape = found[0].real.shape[1:] if found else ()
    if len(shape) != 1 and (len(shape) != 3 or shape[0] not in (1, 3)):
        return []
    groups = [found[k : k + MOST] for k in range(0, len(found), MOST)]
    pictures = []
    for number, group in enumerate(groups, 1):
        key = f"samples-{dataset}" + (f"-{number}" if len(groups) > 1 else "")
        title = f"Samples on {dataset}" + (f", sheet {number} of {len(groups)}" if len(groups) > 1 else "")
        pictures.append(_sheet(key, title, results, dataset, group))
    return pictures


def _sheet(key: str, title: str, results: Results, dataset: str, group: Sequence[Drawn]) -> Picture:
    down, block = -(-(1 + len(group)) // 2), TILE + HEAD
    height = down * block + 0.05
    real, picks = group[0].real, [chosen(results, found) for found in group]
    with style(key):
        figure = canvas(PAGE, height)
        figure.set_layout_engine("none")  # tiles of one size

        def tile(place: int, k: int) -> Axes:
            left, top = (
                (place % 2) * (3 * TILE + 3 * GAP + 0.2) + k * (TILE + GAP) + 0.03,
                height - (place // 2) * block,
            )
            ax = figure.add_axes((left / PAGE, (top - block) / height, TILE / PAGE, TILE / height))
            _bare(ax)
            return ax

        density = Density(
            [real, *(f.made[s] for f, of in zip(group, picks, strict=True) for _, s in of if not f.dead(s))], real
        )
        first = tile(0, 0)
        first.set_title("real data", fontsize=6.5, pad=3, loc="left", fontweight="bold")
        _draw(first, real, density)
        if density.flat:
            _bar(figure, density, (first.get_position().x1 + 0.03, first.get_position().y0, height))
        for place, (found, of) in enumerate(zip(group, picks, strict=True), 1):
            for k, (rank, seed) in enumerate(of):
                ax = tile(place, k)
                if k == 0:
                    said: Any = {"xycoords": "axes fraction", "textcoords": "offset points"}
                    name = plain(found.cell.method, 46)
                    ax.annotate(name, (0, 1), (0, 11), fontsize=6.5, fontweight="bold", **said)
                _seed(ax, found, rank, seed, density)
        shown = (
            f"Points: the share of samples in a bin, one logarithmic colour scale for all{density.axes}."
            if density.flat
            else "The first pictures of each, in the order in which they were drawn."
        )
        caption = f"Real data, then the worst, median and best seed {ranked_by(results, dataset)} (○ collapsed). {shown} {LAST}"
        return save(figure, key, title, caption)


def _seed(ax: Axes, found: Drawn, rank: str, seed: int, density: Density) -> None:
    fate = found.cell.fates.get(seed)
    if found.dead(seed):
        when = "" if fate is None or fate.step is None else f"\nat step {steps(fate.step)}"
        outcome = fate.outcome if fate is not None and fate.failed else "not finite"
        where: Any = {"ha": "center", "va": "center", "transform": ax.transAxes}
        ax.text(0.5, 0.5, f"×\n{outcome}{when}", fontsize=6, color=INK, **where)
    else:
        _draw(ax, found.made[seed], density)
    collapsed = " ○" if fate is not None and fate.outcome == COLLAPSED.name else ""
    ax.set_title(f"{rank}: seed {seed}{collapsed}", fontsize=6, pad=2)


def _bare(ax: Axes) -> None:
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


def _draw(ax: Axes, samples: np.ndarray, density: Density) -> None:
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


def _bar(figure: Figure, density: Density, place: tuple[float, float, float]) -> None:
    left, bottom, height = place
    if not density.plane:
        return
    ax = figure.add_axes((left, bottom, 0.09 / PAGE, TILE / height))
    bar = figure.colorbar(ScalarMappable(density.norm, DENSITY), cax=ax)
    bar.ax.tick_params(labelsize=5.5, pad=1.5)
    bar.set_label("share of samples\nin a bin", fontsize=6, color=FAINT)


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
