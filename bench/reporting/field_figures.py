"""Critics and scores of the plane: the surface that a generator climbs, the field that a sampler follows; of median seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from bench.reporting.estimates import digits
from bench.reporting.figure_style import FAINT, INK, PAGE, Picture, Stroke, canvas, plain, save, style
from bench.reporting.learned_fields import CriticSurface, Frame, ScoreField, learned
from bench.reporting.page import Part
from bench.reporting.results import Results
from bench.reporting.samples import Drawn, chosen, drawn
from bench.reporting.tiles import DENSITY
from bench.running.plan import CantRun
from bench.running.trained import Trained

ACROSS, MOST = 3, 6  # panels in a row, and of a data set
TILE, GAP, HEAD = 2.18, 0.08, 0.24  # inches
FEW = 150  # real points in a panel
PULLED = 50  # samples whose pull is drawn


def fields(results: Results, trained: Trained, dataset: str, strokes: Mapping[str, Stroke]) -> Part:
    """Of one data set: a figure of at most MOST methods, and a sentence for those that have none; empty beyond the plane."""
    kept = drawn(results, dataset)
    if not kept or kept[0].real.shape[1:] != (2,):
        return Part(dataset)
    frame = _frame(kept[0].real)
    without: dict[str, list[str]] = {}  # why -> methods
    shown: list[tuple[Drawn, int, CriticSurface | ScoreField]] = []
    for one in kept:
        seed = (of := dict(chosen(results, one))).get("median", next(iter(of.values())))
        record = next(r for r in one.cell.records if seed in [int(entry["seed"]) for entry in r["seeds"]])
        try:
            if one.dead(seed):
                raise CantRun("its median seed is dead")
            if len(shown) == MOST:
                raise CantRun(f"left out of a figure of {MOST} methods; '--only' draws it")
            shown.append((one, seed, learned(trained, record, seed, frame)))
        except CantRun as error:
            without.setdefault(str(error).rstrip("."), []).append(one.cell.method)
    said = [f"{', '.join(methods)}: {why}." for why, methods in without.items()]
    return Part(dataset, sentences=said, pictures=[_figure(dataset, shown, frame, strokes)] if shown else [])


def _frame(real: np.ndarray) -> Frame:
    low, high = real.min(0).astype(np.float64), real.max(0).astype(np.float64)
    centre, reach = (low + high) / 2, max(1e-9, 0.72 * float((high - low).max()))
    return Frame(centre - reach, centre + reach)


def _figure(
    dataset: str,
    shown: list[tuple[Drawn, int, CriticSurface | ScoreField]],
    frame: Frame,
    strokes: Mapping[str, Stroke],
) -> Picture:
    key = f"fields-{dataset}"
    down = -(-len(shown) // ACROSS)
    height = down * (TILE + HEAD) + 0.05
    with style(key):
        figure = canvas(PAGE, height)
        figure.set_layout_engine("none")  # squares of one size
        for k, (one, seed, found) in enumerate(shown):
            left, top = 0.03 + (k % ACROSS) * (TILE + GAP), height - (k // ACROSS) * (TILE + HEAD)
            ax = figure.add_axes((left / PAGE, (top - HEAD - TILE) / height, TILE / PAGE, TILE / height))
            stroke = strokes[one.cell.method]
            draw = _surface if isinstance(found, CriticSurface) else _score
            draw(ax, found, frame, stroke)  # type: ignore[arg-type]
            ax.plot(*one.real[:FEW].T, ".", ms=1.1, color=INK, alpha=0.5, zorder=2, mew=0)
            ax.set(xlim=(frame.low[0], frame.high[0]), ylim=(frame.low[1], frame.high[1]), xticks=[], yticks=[])
            for side in ax.spines.values():
                side.set(visible=True, linewidth=0.4)
            said: Any = {"color": stroke.color, "fontsize": 6.5, "fontweight": "bold"}
            ax.set_title(f"{plain(one.cell.method, 30)}, seed {seed}", loc="left", pad=3, **said)
        told = [_told(one.cell.method, found) for one, _, found in shown]
        caption = (
            f"What median seeds learned on {dataset}, from the weights at the end of training; small dots, real data. A critic's "
            "surface: darker, a larger logit, each critic on its own scale; arrows, where the generator's loss pulls its "
            "samples. A score field: grey arrows, ∇ log p of slightly noised data as the denoiser has it; lines, the "
            f"sampler's paths (x over √(α² + σ²)) to their samples. {' '.join(told)}"
        )
        return save(figure, key, f"Critics and scores on {dataset}", caption)


def _surface(ax: Axes, found: CriticSurface, frame: Frame, stroke: Stroke) -> None:
    low, high = np.percentile(found.logits[np.isfinite(found.logits)], [2, 98])
    extent = (frame.low[0], frame.high[0], frame.low[1], frame.high[1])
    shown: Any = {"origin": "lower", "extent": extent, "aspect": "auto", "interpolation": "none"}
    ax.imshow(found.logits, cmap=DENSITY, vmin=low, vmax=max(high, low + 1e-12), alpha=0.75, zorder=1, **shown)
    at, pulls = found.samples[:PULLED], found.pulls[:PULLED]
    ax.quiver(*at.T, *_short(pulls).T, color=INK, angles="xy", scale=14, width=0.005, headwidth=3.5, zorder=4)
    ax.plot(*at.T, "o", ms=1.8, color=stroke.color, mew=0, zorder=3)


def _score(ax: Axes, found: ScoreField, frame: Frame, stroke: Stroke) -> None:
    ax.quiver(
        *found.at.T, *_short(found.score).T, color=FAINT, angles="xy", scale=16, width=0.005, headwidth=3.5, zorder=1
    )
    paths = LineCollection(
        list(found.paths.transpose(1, 0, 2)), colors=stroke.color, linewidths=0.6, alpha=0.8, zorder=3
    )
    ax.add_collection(paths, autolim=False)
    ax.plot(*found.paths[-1].T, "o", ms=2.4, color=stroke.color, mew=0, zorder=4)


def _short(arrows: np.ndarray) -> np.ndarray:
    """Directions, the weak ones shorter: v/(|v| + median |v|)."""
    size = np.linalg.norm(arrows, axis=1)
    middle = float(np.median(size[np.isfinite(size)])) if np.isfinite(size).any() else 1.0
    return np.asarray(np.nan_to_num(arrows / (size + (middle or 1.0))[:, None]))


def _told(method: str, found: CriticSurface | ScoreField) -> str:
    if isinstance(found, ScoreField):
        return f"{method}: the score at σ/α = {digits(found.sigma)} standard deviations."
    low, high = (digits(float(end)) for end in np.percentile(found.logits[np.isfinite(found.logits)], [2, 98]))
    return f"{method}: logits from {low} to {high}."
