"""Sample sheets: what the worst, the middle and the best seed of every method made, beside the real data.

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
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from bench.diagnostics.seed_curves import QUALITY
from bench.reporting.estimates import steps
from bench.reporting.figure_style import FAINT, INK, PAGE, Picture, canvas, plain, save, style
from bench.reporting.results import Cell, Results
from bench.reporting.summary import columns
from bench.stats.outcomes import COLLAPSED

BINS = 90
SIDE = 5  # pictures along each edge of a grid
MOST = 12  # methods on one sheet


@dataclass(frozen=True)
class Drawn:
    """What one cell's seeds made: seed -> samples [n, *D]."""

    cell: Cell
    made: dict[int, np.ndarray]
    real: np.ndarray  # [n, *D]


def sample_sheets(results: Results, dataset: str) -> list[Picture]:
    """The sheets of one data set, at most MOST methods on each; none where no samples were kept."""
    drawn = [found for cell in results.on(dataset) if (found := _drawn(cell)) is not None]
    shape = drawn[0].real.shape[1:] if drawn else ()
    drawn = [found for found in drawn if found.real.shape[1:] == shape]
    draw = _density if len(shape) == 1 else _grid if len(shape) == 3 and shape[0] in (1, 3) else None
    if draw is None:
        return []
    groups = [drawn[k : k + MOST] for k in range(0, len(drawn), MOST)]
    pictures = []
    for number, group in enumerate(groups, 1):
        key = f"samples-{dataset}" + (f"-{number}" if len(groups) > 1 else "")
        title = f"Samples on {dataset}" + (f", sheet {number} of {len(groups)}" if len(groups) > 1 else "")
        pictures.append(_sheet(key, title, results, dataset, group, draw))
    return pictures


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


def _sheet(key: str, title: str, results: Results, dataset: str, group: list[Drawn], draw: object) -> Picture:
    across = 2 if len(group) > 1 else 1  # methods side by side
    down = -(-len(group) // across)
    with style(key):
        figure = canvas(PAGE if across > 1 else PAGE * 0.62, down * 1.2 + 0.1)
        parts = figure.subfigures(down, across, squeeze=False)
        for part, found in zip(parts.flat, group, strict=False):
            axes = part.subplots(1, 4)
            part.suptitle(plain(found.cell.method), x=0.02, ha="left", fontsize=7, fontweight="bold")
            for ax in axes:
                _bare(ax)
            draw(axes[0], found.real, found.real)  # type: ignore[operator]
            axes[0].set_title("real", fontsize=6, pad=2, color=FAINT)
            picks = chosen(results, found)
            for ax, (rank, seed) in zip(axes[1:], picks, strict=False):
                fate = found.cell.fates.get(seed)
                samples = found.made[seed]
                if (fate is not None and fate.dead) or not np.isfinite(samples).all():
                    when = "" if fate is None or fate.step is None else f"\nat step {steps(fate.step)}"
                    outcome = fate.outcome if fate is not None and fate.failed else "not finite"
                    ax.text(
                        0.5,
                        0.5,
                        f"×\n{outcome}{when}",
                        ha="center",
                        va="center",
                        transform=ax.transAxes,
                        fontsize=6,
                        color=INK,
                    )
                else:
                    draw(ax, samples, found.real)  # type: ignore[operator]
                collapsed = " ○" if fate is not None and fate.outcome == COLLAPSED.name else ""
                ax.set_title(f"{rank}: seed {seed}{collapsed}", fontsize=6, pad=2)
            for ax in axes[1 + len(picks) :]:
                ax.set_axis_off()
        names = [column.metric.name for column in columns(results, dataset)]
        by = f"by the last {names[0]}" if names else "by number"
        caption = (
            f"Real data, then the worst, median and best seed {by} (○ collapsed). Points: density on a log colour "
            f"scale, the same frame for all."
        )
        return save(figure, key, title, caption)


def _bare(ax: Axes) -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_box_aspect(1)
    for side in ("top", "right", "bottom", "left"):
        ax.spines[side].set_visible(True)
        ax.spines[side].set_linewidth(0.4)


def _density(ax: Axes, samples: np.ndarray, real: np.ndarray) -> None:
    """Points [n, d] in the frame of the real ones; beyond the plane, along the real data's first two principal axes."""
    flat, ground = _flat(samples, real), _flat(real, real)
    centre, reach = (ground.min(0) + ground.max(0)) / 2, max(1e-9, 0.68 * float(np.ptp(ground, axis=0).max()))
    low, high = centre - reach, centre + reach
    if flat.shape[1] == 1:
        ax.hist(flat[:, 0], bins=60, range=(low[0], high[0]), histtype="stepfilled", color="#0173b2")
        return
    counts, _, _ = np.histogram2d(flat[:, 0], flat[:, 1], bins=BINS, range=[(low[0], high[0]), (low[1], high[1])])
    inside = counts.sum() / len(flat)
    shown = np.ma.masked_equal(counts.T, 0)
    norm = LogNorm(1, max(2.0, float(counts.max())))
    ax.imshow(
        shown,
        origin="lower",
        extent=(low[0], high[0], low[1], high[1]),
        cmap="viridis_r",
        norm=norm,
        interpolation="nearest",
    )
    if inside < 0.995:
        note = f"{100 * (1 - inside):.0f} % outside"
        ax.annotate(note, (0.5, 0.02), xycoords="axes fraction", ha="center", va="bottom", fontsize=5.5, color=INK)


def _flat(points: np.ndarray, real: np.ndarray) -> np.ndarray:
    if real.shape[1] <= 2:
        return points.astype(np.float64)
    centre = real.mean(0, dtype=np.float64)
    _, _, axes = np.linalg.svd(real - centre, full_matrices=False)
    axes = (
        axes[:2] * np.sign(axes[:2, np.abs(axes[:2]).argmax(1)].diagonal())[:, None]
    )  # the sign of an axis is arbitrary: fix it
    return np.asarray((points - centre) @ axes.T)


def _grid(ax: Axes, samples: np.ndarray, real: np.ndarray) -> None:
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
