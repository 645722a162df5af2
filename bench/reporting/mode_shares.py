"""Which modes a seed fills: the share of its samples in every mode, over the share that the mode has of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize, to_rgb

from bench.data.base import DataError, Modes
from bench.plugins import BrokenPlugin, UnknownName, find
from bench.reporting.figure_style import FAINT, PAGE, Picture, Stroke, canvas, plain, save, style, tones
from bench.reporting.results import Results
from bench.reporting.samples import Drawn, chosen, drawn, ranked_by

MOST_MODES, MOST_METHODS = 64, 12
EMPTY = 0.1  # of its share: a mode with less is not covered (metrics/modes_covered.py)
FULL = 2.0  # times its share: the darkest
ROW = 0.125  # inches

_shades = np.ones((256, 4))
_shades[:, :3], _shades[:, 3] = to_rgb(tones()[0]), np.linspace(0, 1, 256)
FILLING = ListedColormap(_shades)


@dataclass(frozen=True)
class Shares:
    """What one seed's samples are: a row of the figure."""

    label: str
    method: str
    rank: str
    of: np.ndarray  # [K], share of the samples in a mode over the mode's own; NaN of a dead seed
    outside: float  # the share of samples in no mode

    @property
    def empty(self) -> list[int]:
        """The modes that hold less than EMPTY of their share."""
        return [int(k) for k in np.flatnonzero(self.of < EMPTY)]


def mode_shares(results: Results, dataset: str, strokes: Mapping[str, Stroke]) -> Picture | None:
    """Real data and the worst, median and best seed of every method; None where the modes of points are not known."""
    found = drawn(results, dataset)[:MOST_METHODS]
    if not found or found[0].real.ndim != 2 or (modes := modes_of(found[0])) is None:
        return None
    rows = [Shares("real data", "", "", *shares(modes, found[0].real))]
    for one in found:
        for rank, seed in chosen(results, one):
            none = (np.full(len(modes.weights), np.nan), float("nan"))
            counted = none if one.dead(seed) else shares(modes, one.made[seed])
            label = f"{plain(one.cell.method, 30)}, {rank} ({seed})"
            rows.append(Shares(label, one.cell.method, rank, *counted))
    return _figure(dataset, rows, strokes, ranked_by(results, dataset))


def modes_of(one: Drawn) -> Modes | None:
    """The modes of the data that a cell was trained on, at most MOST_MODES; None where they are not known, or are others today."""
    about = one.cell.records[0]["dataset"]
    try:
        source: Any = find("datasets", str(about["word"]))
        data = source(**{name: _tupled(value) for name, value in about["options"].items()}).load()
    except (KeyError, TypeError, UnknownName, BrokenPlugin, DataError):
        return None
    same = data.held_out[: len(one.real)].numpy()
    if data.modes is None or len(data.modes.weights) > MOST_MODES or same.shape != one.real.shape:
        return None
    modes: Modes = data.modes
    return modes if np.allclose(same, one.real, atol=1e-5) else None


def shares(modes: Modes, samples: np.ndarray) -> tuple[np.ndarray, float]:
    """(share of the samples [n, d] that each mode counts, over the mode's weight [K]; share that no mode counts)."""
    nearest, counts = modes.assign(torch.from_numpy(samples))
    weights = modes.weights.double().numpy()
    held = np.bincount(nearest.numpy()[counts.numpy()], minlength=len(weights)) / len(samples)
    return held / weights, 1 - float(held.sum())


def _figure(dataset: str, rows: Sequence[Shares], strokes: Mapping[str, Stroke], by: str) -> Picture:
    key = f"modes-{dataset}"
    height = ROW * len(rows) + 0.57
    with style(key):
        figure = canvas(PAGE, height)
        figure.set_layout_engine("none")  # rows of one height
        ax = figure.add_axes((2.0 / PAGE, 0.47 / height, 3.6 / PAGE, ROW * len(rows) / height))
        norm = Normalize(0, FULL)
        table = np.ma.masked_invalid(np.stack([row.of for row in rows]))
        ax.imshow(table, cmap=FILLING, norm=norm, aspect="auto", interpolation="nearest")
        for y, row in enumerate(rows):
            dead = not np.isfinite(row.of).any()
            ax.plot(row.empty, [y] * len(row.empty), "x", color=FAINT, ms=2.5, mew=0.6)
            said = "dead" if dead else f"{100 * row.outside:.0f} % in no mode"
            ax.annotate(
                said,
                (1, y),
                (4, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                va="center",
                fontsize=5.5,
            )
        ax.set_yticks(range(len(rows)), [row.label for row in rows], fontsize=5.5)
        for label, row in zip(ax.get_yticklabels(), rows, strict=True):
            if row.method in strokes:
                label.set_color(strokes[row.method].color)
        count = len(rows[0].of)
        ax.set_xticks(range(0, count, -(-count // 25)))
        ax.tick_params(length=0, labelsize=5.5)
        ax.set_xlabel("mode", fontsize=6.5, labelpad=1, loc="left")
        for edge in [k for k in range(1, len(rows)) if rows[k].method != rows[k - 1].method]:
            ax.axhline(edge - 0.5, color=FAINT, lw=0.4)
        side = figure.add_axes((4.6 / PAGE, 0.16 / height, 1.0 / PAGE, 0.07 / height))
        bar = figure.colorbar(ScalarMappable(norm, FILLING), cax=side, orientation="horizontal", ticks=[0, 1, FULL])
        bar.ax.tick_params(labelsize=5.5, pad=1, length=2)
        figure.text(4.55 / PAGE, 0.16 / height, "share held / own share", ha="right", fontsize=5.5)
        caption = (
            f"Which of {count} modes the worst, median and best seed {by} fill: the share of samples that a mode counts over the "
            f"share that it has of the data; blank, none; 1, as many as it should; ×, less than {EMPTY:g} of its share. "
            f"{_told(rows)}"
        )
        return save(figure, key, f"Mass in every mode of {dataset}", caption)


def _told(rows: Sequence[Shares]) -> str:
    """Which modes the median seeds lack."""
    told = []
    for row in rows:
        if row.rank not in ("median", "only"):
            continue
        if not np.isfinite(row.of).any():
            told.append(f"{row.method} is dead")
        elif row.empty:
            named = ", ".join(map(str, row.empty[:8])) + (" and more" if len(row.empty) > 8 else "")
            told.append(f"{row.method} lacks {len(row.empty)} ({named})")
        else:
            told.append(f"{row.method} fills all")
    return f"Of the median seeds, {'; '.join(told)}." if told else ""


def _tupled(value: Any) -> Any:
    return tuple(map(_tupled, value)) if isinstance(value, list) else value
