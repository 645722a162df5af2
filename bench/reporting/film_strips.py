"""Film strips: what the worst, the median and the best seed made at a few evaluations, from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from bench.reporting.estimates import steps
from bench.reporting.figure_style import FAINT, INK, PAGE, Picture, canvas, plain, save, style
from bench.reporting.results import Results
from bench.reporting.samples import Drawn, chosen, drawn, filmed, ranked_by
from bench.reporting.tiles import Density, bare, draw

MOST = 6  # methods on one figure
TILE, GAP, HEAD, SIDE = 0.84, 0.05, 0.3, 0.72  # inches

Strip = list[tuple[str, int, list[tuple[int, np.ndarray]]]]  # (rank, seed, frames) of a method


def film_strips(results: Results, dataset: str) -> list[Picture]:
    """The strips of one data set, at most MOST methods on each figure; none where no frames were kept."""
    found = [(one, strip) for one in drawn(results, dataset) if (strip := _strip(results, one))]
    shape = found[0][0].real.shape[1:] if found else ()
    if len(shape) != 1 and (len(shape) != 3 or shape[0] not in (1, 3)):
        return []
    groups = [found[k : k + MOST] for k in range(0, len(found), MOST)]
    return [
        _figure(f"film-{dataset}" + (f"-{number}" if len(groups) > 1 else ""), results, dataset, group)
        for number, group in enumerate(groups, 1)
    ]


def _strip(results: Results, found: Drawn) -> Strip:
    """Of each chosen seed its frames, the samples of the end last; empty where no seed was filmed."""
    film = filmed(found)
    if not film:
        return []
    rows = results.frame[
        (results.frame["dataset"] == found.cell.dataset) & (results.frame["method"] == found.cell.method)
    ]
    last = int(rows["step"].max())
    return [
        (rank, seed, [*(f for f in film.get(seed, []) if f[0] < last), (last, found.made[seed])])
        for rank, seed in chosen(results, found)
    ]


def _figure(key: str, results: Results, dataset: str, group: Sequence[tuple[Drawn, Strip]]) -> Picture:
    rows = sum(len(strip) for _, strip in group)
    height = rows * (TILE + GAP) + len(group) * HEAD + 0.05
    real = group[0][0].real
    panels = [x for _, strip in group for *_, frames in strip for _, x in frames if np.isfinite(x).all()]
    density = Density([real, *panels], real)
    with style(key):
        figure = canvas(PAGE, height)
        figure.set_layout_engine("none")  # tiles of one size
        top = height - HEAD

        def tile(top: float, column: int) -> Axes:
            left = SIDE + column * (TILE + GAP)
            ax = figure.add_axes((left / PAGE, (top - TILE) / height, TILE / PAGE, TILE / height))
            bare(ax)
            return ax

        most = max(len(frames) for _, strip in group for *_, frames in strip)
        beside = tile(top, most)
        draw(beside, real, density)
        beside.set_title("real data", fontsize=6, pad=2, fontweight="bold")
        for found, strip in group:
            for number, (rank, seed, frames) in enumerate(strip):
                row = [tile(top, column) for column in range(len(frames))]
                for ax, (step, samples) in zip(row, frames, strict=True):
                    _frame(ax, samples, density)
                    if number == 0:
                        ax.set_title(f"step {steps(step)}", fontsize=6, pad=2)
                _label(row[0], f"{rank}\nseed {seed}{_fate(found, seed)}")
                if number == 0:
                    said: Any = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "bottom"}
                    name = plain(found.cell.method, 60)
                    row[0].annotate(name, (0, 1), (-50, 10), fontsize=6.5, fontweight="bold", **said)
                top -= TILE + GAP
            top -= HEAD
        seen = f"shares of samples in a bin, one colour scale{density.axes}" if density.flat else "the first pictures"
        caption = (
            f"The worst, median and best seed {ranked_by(results, dataset)}, at a few evaluations, evenly spaced by the "
            f"logarithm of the step, and at the end: {seen}."
        )
        return save(figure, key, f"From noise to samples on {dataset}", caption)


def _frame(ax: Axes, samples: np.ndarray, density: Density) -> None:
    if np.isfinite(samples).all():
        draw(ax, samples, density)
    else:
        ax.text(0.5, 0.5, "×\nnot finite", fontsize=6, color=INK, ha="center", va="center", transform=ax.transAxes)


def _label(ax: Axes, text: str) -> None:
    said: Any = {"xycoords": "axes fraction", "textcoords": "offset points", "ha": "right", "va": "center"}
    ax.annotate(text, (0, 0.5), (-4, 0), fontsize=6, color=FAINT, **said)


def _fate(found: Drawn, seed: int) -> str:
    fate = found.cell.fates.get(seed)
    return f"\n{fate.outcome}" if fate is not None and fate.failed else ""
