"""Sample sheets: what the worst, the median and the best seed of every method made, beside the real data, shown once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from bench.reporting.estimates import steps
from bench.reporting.figure_style import FAINT, INK, PAGE, Picture, canvas, plain, save, style
from bench.reporting.results import Results
from bench.reporting.samples import Drawn, chosen, drawn, ranked_by
from bench.reporting.tiles import DENSITY, Density, bare, draw
from bench.stats.outcomes import COLLAPSED

MOST = 12  # methods on one sheet
TILE, GAP, HEAD = 1.04, 0.06, 0.34  # inches


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
            bare(ax)
            return ax

        density = Density(
            [real, *(f.made[s] for f, of in zip(group, picks, strict=True) for _, s in of if not f.dead(s))], real
        )
        first = tile(0, 0)
        first.set_title("real data", fontsize=6.5, pad=3, loc="left", fontweight="bold")
        draw(first, real, density)
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
        seeds = f"the worst, median and best seed {ranked_by(results, dataset)} (○ collapsed)"
        caption = f"Real data, then {seeds}, at the end of training. {shown}"
        return save(figure, key, title, caption)


def _seed(ax: Axes, found: Drawn, rank: str, seed: int, density: Density) -> None:
    fate = found.cell.fates.get(seed)
    if found.dead(seed):
        when = "" if fate is None or fate.step is None else f"\nat step {steps(fate.step)}"
        outcome = fate.outcome if fate is not None and fate.failed else "not finite"
        where: Any = {"ha": "center", "va": "center", "transform": ax.transAxes}
        ax.text(0.5, 0.5, f"×\n{outcome}{when}", fontsize=6, color=INK, **where)
    else:
        draw(ax, found.made[seed], density)
    collapsed = " ○" if fate is not None and fate.outcome == COLLAPSED.name else ""
    ax.set_title(f"{rank}: seed {seed}{collapsed}", fontsize=6, pad=2)


def _bar(figure: Figure, density: Density, place: tuple[float, float, float]) -> None:
    left, bottom, height = place
    if not density.plane:
        return
    ax = figure.add_axes((left, bottom, 0.09 / PAGE, TILE / height))
    bar = figure.colorbar(ScalarMappable(density.norm, DENSITY), cax=ax)
    bar.ax.tick_params(labelsize=5.5, pad=1.5)
    bar.set_label("share of samples\nin a bin", fontsize=6, color=FAINT)
