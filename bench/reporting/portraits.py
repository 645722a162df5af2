"""Phase portraits of games of two weights: the measured way of the players over the field, and a step's eigenvalues.

One figure a game, methods side by side; it needs the probe `trajectory`, and the code that trained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from bench.reporting.estimates import digits
from bench.reporting.figure_style import FAINT, INK, PAGE, Picture, Stroke, canvas, mark, plain, save, style
from bench.reporting.page import Part
from bench.reporting.phase_plane import PhasePlane, phase_plane
from bench.reporting.probe_traces import traces_of
from bench.reporting.results import Cell, Results
from bench.running.plan import CantRun
from bench.running.trained import Trained

TRACES = "theta_"  # what the probe writes
ACROSS = 5
MOST = 15  # methods in one figure
LONGEST, SHORTER = 400, 120  # looks that are drawn of the seed in front, and of all others
TILE, GAP, HEAD, LEFT = 1.05, 0.26, 0.24, 0.36  # inches


@dataclass(frozen=True)
class Way:
    """The players of one method: where every seed stood at every look."""

    cell: Cell
    names: tuple[str, str]
    seeds: Mapping[int, np.ndarray]  # seed -> [T, 2], finite
    front: int  # the seed that ends at the median distance from the origin

    @property
    def reach(self) -> float:
        """Half of a frame that holds the way, but not what flies off far beyond its beginning."""
        first = max(float(np.abs(way[:1]).max(initial=0)) for way in self.seeds.values())
        return min(1.5 * first, max(float(np.abs(way).max(initial=0)) for way in self.seeds.values()))


def portraits(results: Results, trained: Trained, dataset: str, strokes: Mapping[str, Stroke]) -> Part:
    """Of one data set: a figure for every game of two weights, and a sentence for each that can't be drawn."""
    games: dict[str, list[Way]] = {}
    without: dict[str, list[str]] = {}  # why -> methods
    names = {name for name in map(str, results.rows(dataset, "trace")["name"].unique()) if name.startswith(TRACES)}
    small = [cell for cell in results.on(dataset) if 2 <= sum((cell.of("parameters") or {}).values()) <= 4]
    found = traces_of(results, dataset) if names and small else {}
    for cell in small:
        axes = {name: of[cell.method] for name, of in found.items() if name in names and cell.method in of}
        if not axes:
            without.setdefault("where the players stood is not recorded; add 'trajectory' under 'probes'", []).append(
                cell.method
            )
        elif len(axes) != 2:
            why = f"{len(axes)} weights have no plane; 'What the probes saw' has them all"
            without.setdefault(why, []).append(cell.method)
        elif (way := _way(cell, axes)) is not None:
            games.setdefault(str(cell.records[0]["method"].get("model")), []).append(way)
    pictures = [_figure(trained, dataset, game, ways, strokes, without) for game, ways in games.items()]
    said = [f"{', '.join(methods)}: {why}." for why, methods in without.items()]
    return Part(dataset, sentences=said, pictures=[picture for picture in pictures if picture])


def _way(cell: Cell, axes: Mapping[str, Any]) -> Way | None:
    """None where no seed ever stood anywhere."""
    one, other = axes.values()
    seeds = {}
    for k, seed in enumerate(one.seeds):
        points = np.stack([one.rows[k], other.rows[k]], 1)
        points = points[np.isfinite(points).all(1)]
        if len(points):
            seeds[seed] = points
    if not seeds:
        return None
    far = {seed: np.inf if cell.fates[seed].dead else float(np.hypot(*way[-1])) for seed, way in seeds.items()}
    first, second = axes
    order = sorted(seeds, key=lambda seed: (far[seed], seed))
    alone = first.endswith("_1") and second.endswith("_1")  # one weight a player
    names = tuple(name.removeprefix(TRACES).removesuffix("_1" if alone else "") for name in (first, second))
    return Way(cell, (names[0], names[1]), seeds, order[(len(order) - 1) // 2])


def _figure(
    trained: Trained,
    dataset: str,
    game: str,
    ways: Sequence[Way],
    strokes: Mapping[str, Stroke],
    without: dict[str, list[str]],
) -> Picture | None:
    """None where no method can be drawn; whoever is left out joins `without`."""
    reach = 1.08 * max(way.reach for way in ways[:MOST]) or 1.0
    drawn: list[tuple[Way, PhasePlane]] = []
    for way in ways[MOST:]:
        without.setdefault(f"left out of the figure of {game}, which has {MOST} methods", []).append(way.cell.method)
    for way in ways[:MOST]:
        try:
            drawn.append((way, phase_plane(trained, way.cell, reach, way.seeds[way.front][-1].tolist())))
        except CantRun as error:
            without.setdefault(f"no phase portrait: {error}", []).append(way.cell.method)
    if not drawn:
        return None
    key = f"portrait-{dataset}-{game}"
    across = min(ACROSS, len(drawn))
    down = -(-len(drawn) // across)
    with style(key):
        block = 2 * TILE + 2 * GAP + HEAD
        height = down * block + 0.1
        figure = canvas(PAGE, height)
        figure.set_layout_engine("none")  # squares of one size
        for k, (way, plane) in enumerate(drawn):
            left, top = LEFT + (k % across) * (TILE + GAP), height - (k // across) * block - HEAD
            size = (TILE / PAGE, TILE / height)
            upper = figure.add_axes((left / PAGE, (top - TILE) / height, *size))
            lower = figure.add_axes((left / PAGE, (top - 2 * TILE - GAP) / height, *size))
            _portrait(upper, way, plane, strokes[way.cell.method], reach, labels=k % across == 0)
            _plane(lower, plane, strokes[way.cell.method])
        title = f"Phase portraits of {game} on {dataset}"
        return save(figure, key, title, _caption(drawn))


def _portrait(ax: Axes, way: Way, plane: PhasePlane, stroke: Stroke, reach: float, *, labels: bool) -> None:
    size = np.hypot(*plane.moves.T)
    middle = float(np.median(size[np.isfinite(size)])) or 1.0
    arrows = np.nan_to_num(plane.moves / (size + middle)[:, None])  # directions; the slow ones shorter
    ax.quiver(
        *plane.at.T, *arrows.T, color=FAINT, alpha=0.6, angles="xy", scale=9, width=0.008, headwidth=3.5, zorder=1
    )
    for seed, points in way.seeds.items():
        if seed != way.front:
            ax.plot(*points[:SHORTER].T, color=stroke.color, lw=0.4, alpha=0.45, zorder=2)
    own = way.seeds[way.front]
    ax.plot(*own[:LONGEST].T, color=stroke.color, lw=0.9, zorder=3, gid=mark(way.cell.method, way.front))
    if (predicted := _predicted(plane, own)) is not None:
        ax.plot(*predicted.T, color=INK, lw=0.8, ls=(0, (2.5, 2)), zorder=4)
    ax.plot(*own[0], "o", ms=3, mfc="none", mec=stroke.color, mew=0.8, zorder=5)
    for seed, points in way.seeds.items():
        dead = way.cell.fates[seed].dead
        ax.plot(
            *points[-1], "x" if dead else "o", ms=3.4 if dead else 2.2, color=INK if dead else stroke.color, zorder=5
        )
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach))
    ax.locator_params(nbins=3)
    ax.tick_params(labelsize=5, pad=1.5)
    ax.set_title(plain(way.cell.method, 24), color=stroke.color, loc="left", pad=3, fontweight="bold", fontsize=5.8)
    if labels:
        ax.set_ylabel(plain(way.names[1], 8), fontsize=6, labelpad=1)
    else:
        ax.tick_params(labelleft=False)
    ax.annotate(plain(way.names[0], 8), (0.97, 0.03), xycoords="axes fraction", ha="right", fontsize=6)


def _predicted(plane: PhasePlane, own: np.ndarray) -> np.ndarray | None:
    """The circle that theory predicts, or the spiral r₀ρᵗ that turns by arg λ a step [T, 2].

    It holds near rest: it begins where the seed has come half of the way there, or where the seed began.
    """
    turn = np.linspace(0, 2 * np.pi, 73)
    if plane.circle:
        return plane.circle * np.stack([np.cos(turn), np.sin(turn)], 1)
    if plane.radius is None or not plane.rests or not plane.eigenvalues.size:
        return None
    largest = plane.eigenvalues[np.abs(plane.eigenvalues).argmax()]
    angle = abs(float(np.angle(largest)))
    if angle < 1e-6:
        return None  # it does not turn
    (near,) = np.nonzero(np.hypot(*own.T) < np.hypot(*own[0]) / 2)
    begin = int(near[0]) if near.size and near[0] < len(own) - 1 else 0
    start = complex(*own[begin])
    way = own[begin : begin + max(2, int(2 * np.pi / angle / 8))]
    turned = np.angle((way[1:] * [1, 1j]).sum(1) / start).sum() if abs(start) else 0.0
    t = np.linspace(0, 2 * 2 * np.pi / angle, 145)  # two turns
    z = start * plane.radius**t * np.exp(1j * np.sign(turned or 1.0) * angle * t)
    return np.stack([z.real, z.imag], 1)


def _plane(ax: Axes, plane: PhasePlane, stroke: Stroke) -> None:
    """Eigenvalues, and the unit circle within which a step contracts."""
    values = plane.eigenvalues
    ax.add_patch(Circle((0, 0), 1, facecolor=FAINT, alpha=0.15, lw=0, zorder=1))
    ax.add_patch(Circle((0, 0), 1, fill=False, edgecolor=INK, lw=0.6, zorder=2))
    if plane.radius is not None:
        ax.add_patch(Circle((0, 0), plane.radius, fill=False, edgecolor=INK, lw=0.7, ls=(0, (2.5, 2)), zorder=3))
    ax.plot(values.real, values.imag, "o", ms=3.2, color=stroke.color, zorder=4)
    off = float(np.abs(values - 1).max(initial=0.05))
    if off < 0.6:  # near 1, at the rim
        ax.set(xlim=(1 - 2.2 * off, 1 + 1.2 * off), ylim=(-1.7 * off, 1.7 * off))
    else:
        far = 1.1 * max(1.0, float(np.abs(values).max(initial=1.0)))
        ax.set(xlim=(-far, far), ylim=(-far, far))
    ax.locator_params(nbins=3)
    ax.tick_params(labelsize=5, pad=1.5)
    said = f"|λ| = {digits(float(np.abs(values).max()))}" if values.size else "no Jacobian here"
    ax.annotate(said, (0.03, 0.97), xycoords="axes fraction", va="top", fontsize=5.8)


def _caption(drawn: Sequence[tuple[Way, PhasePlane]]) -> str:
    steps = sorted({plane.steps for _, plane in drawn})
    over = f" (of {steps[0]} steps together, to the power 1/{steps[0]})" if len(steps) == 1 and steps[0] > 1 else ""
    told = []
    for way, plane in drawn:
        where = "at the origin" if plane.rests else "where training ended"
        if not plane.eigenvalues.size:
            told.append(f"{way.cell.method}: no Jacobian {where}")
            continue
        size = float(np.abs(plane.eigenvalues).max())
        known = "" if plane.radius is None else f", {digits(plane.radius)} predicted"
        ring = f", cycle of radius {digits(plane.circle)} predicted" if plane.circle else ""
        told.append(f"{way.cell.method}: |λ| = {digits(size)} {where}{known}{ring}")
    return (
        f"Above, {drawn[0][0].names[1]} against {drawn[0][0].names[0]}: in front the seed that ends at the median distance from "
        f"the origin, its first {LONGEST} looks; thin, the first {SHORTER} of the others; ring, start; dots, ends; cross, died. "
        "Arrows: where one step of the method leads (its game's gradient, stabilizers and update rule, memories "
        "empty). Dashed: the circle or, from half of the way to rest, the spiral that theory predicts. Below: eigenvalues λ of a "
        f"step's Jacobian{over}; within the grey unit circle it contracts; dashed, max |λ| as theory has it. {'; '.join(told)}."
    )
