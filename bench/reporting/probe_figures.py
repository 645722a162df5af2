"""What the probes saw: a figure a probe, a row a quantity, a panel a method; drawn alike, whatever was measured.

The panels of a row stand side by side on one axis, the way methods do in the suite, so that heights can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import SymmetricalLogLocator

from bench.reporting.estimates import digits, steps
from bench.reporting.figure_style import FAINT, INK, PAGE, Picture, Stroke, canvas, log_ticks, mark, plain, save, style
from bench.reporting.lines import joined, thinned
from bench.reporting.probe_traces import Scale, Trace, extremes, probed, scale_of, traces_of
from bench.reporting.results import Results

ACROSS = 6  # panels in a row
GAP = 0.12  # between panels, of a panel
MOST_METHODS = 18  # of one quantity in one figure
ROW, HEAD, FOOT = 0.72, 0.16, 0.2  # inches: a row of panels, the names above it, the steps below it
POINTS = 30  # of a seed's line, half of the median's: a panel is an inch wide


def probe_figures(results: Results, dataset: str, strokes: Mapping[str, Stroke]) -> list[Picture]:
    """One figure for every probe that the records of a data set hold; none where nothing was probed."""
    groups = probed(results, dataset)
    if not groups:
        return []
    found = traces_of(results, dataset)
    drawn = {probe: {name: found[name] for name in names if name in found} for probe, names in groups.items()}
    return [_figure(dataset, probe, traces, strokes) for probe, traces in drawn.items() if traces]


def _figure(
    dataset: str, probe: str, traces: Mapping[str, Mapping[str, Trace]], strokes: Mapping[str, Stroke]
) -> Picture:
    key = f"probe-{dataset}-{probe}"
    lines = _lines(traces)
    last = max(float(trace.steps[-1]) for of in traces.values() for trace in of.values()) or 1.0
    scales = {name: scale_of(np.concatenate([t.rows.ravel() for t in of.values()])) for name, of in traces.items()}
    with style(key):
        height = sum(ROW + HEAD * line.first + FOOT * line.last for line in lines) + FOOT
        figure = canvas(PAGE, height)
        figure.set_layout_engine("none")  # all places are known: finding them takes longer than drawing
        top = height
        for line in lines:
            top -= ROW + HEAD * line.first
            ax = figure.add_axes((0.095, (top + 0.06) / height, 0.9, (ROW - 0.12) / height))
            _row(ax, line, {m: traces[line.name][m] for m in line.methods}, strokes, scales[line.name], last)
            top -= FOOT * line.last
        figure.supxlabel("step", fontsize=7, y=0.02 / height)
        said = " ".join(_said(name, of, scales[name]) for name, of in traces.items())
        caption = (
            f"{said} Thin, every seed; thick, the median of the seeds alive; a cross where a seed died; dotted, what "
            f"theory predicts.{_left_out(traces)}"
        )
        return save(figure, key, f"What {probe} saw on {dataset}", caption)


class _Line(NamedTuple):
    """One row of panels; the first under its methods' names, and the last over its steps."""

    name: str
    methods: tuple[str, ...]
    first: bool
    last: bool


def _lines(traces: Mapping[str, Mapping[str, Trace]]) -> list[_Line]:
    """Rows of at most ACROSS panels; quantities of the same methods follow one another."""
    together: dict[tuple[str, ...], list[str]] = {}
    for name, of in traces.items():
        methods = list(of)[:MOST_METHODS]
        across = -(-len(methods) // -(-len(methods) // ACROSS))
        for k in range(0, len(methods), across):
            together.setdefault(tuple(methods[k : k + across]), []).append(name)
    return [
        _Line(name, methods, name == names[0], name == names[-1])
        for methods, names in together.items()
        for name in names
    ]


def _row(
    ax: Axes, line: _Line, traces: Mapping[str, Trace], strokes: Mapping[str, Stroke], scale: Scale, last: float
) -> None:
    _scaled(ax, scale)
    starts = {method: k * (1 + GAP) for k, method in enumerate(traces)}
    for method, trace in traces.items():
        _panel(ax, line.name, trace, strokes[method], starts[method], last)
    high = max(len(traces), 2) * (1 + GAP) - GAP  # a lone panel takes half of the width
    ax.set_xlim(-0.03, high + 0.03)
    ends = [x for start in starts.values() for x in (start, start + 1)] if line.last else []
    ax.set_xticks(ends, ["0", steps(last)] * (len(ends) // 2))
    ax.tick_params(axis="x", labelsize=5.5)
    for k, label in enumerate(ax.get_xticklabels()):
        label.set_horizontalalignment("right" if k % 2 else "left")
    for start in list(starts.values())[1:]:
        ax.axvline(start - GAP / 2, color=FAINT, lw=0.4, alpha=0.5)
    for method, start in starts.items() if line.first else ():
        place = ax.get_xaxis_transform()
        said: Any = {"color": strokes[method].color, "fontsize": 5.5, "fontweight": "bold"}
        ax.text(start, 1.04, plain(method, 20), transform=place, **said)
    name = plain(line.name, 40)
    ax.set_ylabel(name if len(name) <= 14 else "_\n".join(name.rsplit("_", 1)), fontsize=5.5)
    ax.yaxis.set_label_coords(-0.062, 0.5)


def _scaled(ax: Axes, scale: Scale) -> None:
    if scale.kind == "symlog":
        ax.set_yscale("symlog", linthresh=scale.straight)
    else:
        ax.set_yscale(scale.kind)
    ax.set_ylim(scale.low, scale.high)
    if scale.kind == "log":
        log_ticks(ax.yaxis)
        ax.minorticks_off()
    elif scale.kind == "linear":
        ax.locator_params(axis="y", nbins=4)
    else:
        ends = [abs(end) for end in (scale.low, scale.high) if abs(end) > scale.straight]
        decades = max(1.0, max((np.log10(end / scale.straight) for end in ends), default=1.0) * len(ends))
        locator = SymmetricalLogLocator(base=10.0 ** np.ceil(decades / 4), linthresh=scale.straight)
        ax.yaxis.set_major_locator(locator)
    ax.tick_params(axis="y", labelsize=5.5)


def _panel(ax: Axes, name: str, trace: Trace, stroke: Stroke, start: float, last: float) -> None:
    x, method = start + trace.steps / last, trace.cell.method
    middle, lone = trace.median, len(x) == 1
    if lone:
        ax.plot(np.repeat(x, len(trace.rows)), trace.rows[:, 0], ".", color=stroke.color, alpha=0.45, ms=2.5)
    else:
        seeds = joined([thinned(x, row, POINTS) for row in trace.rows])
        ax.plot(*seeds, color=stroke.color, lw=0.5, alpha=0.4, zorder=2, gid=mark(method))
    gid = mark(method, None, float(middle[-1]))
    along, across = (x[0] + np.array([-0.03, 0.03]), middle[[0, 0]]) if lone else thinned(x, middle, 2 * POINTS)
    ax.plot(along, across, color=stroke.color, lw=1.4, ls=stroke.line, zorder=3, gid=gid)
    predicted = (trace.cell.of("predictions") or {}).get(name)
    if predicted is not None:
        ax.plot([start, start + 1], [predicted] * 2, color=INK, lw=0.8, ls=(0, (1, 1.5)), zorder=4)
    ends = [end for seed, row in zip(trace.seeds, trace.rows, strict=True) if (end := _died(trace, seed, row, x))]
    if ends:
        ax.plot(*zip(*ends, strict=True), "x", color=INK, ms=3.2, mew=0.8, zorder=5)


def _died(trace: Trace, seed: int, row: np.ndarray, x: np.ndarray) -> tuple[float, float] | None:
    """Where a dead seed has its last number; None for one that lives, or never had a number."""
    (sound,) = np.nonzero(np.isfinite(row))
    return (float(x[sound[-1]]), float(row[sound[-1]])) if trace.cell.fates[seed].dead and sound.size else None


def _said(name: str, traces: Mapping[str, Trace], scale: Scale) -> str:
    """What a row shows, in a sentence."""
    kind = {"linear": "linear", "log": "logarithmic", "symlog": "symmetric logarithm"}[scale.kind]
    found = extremes(traces)
    if found is None:
        return f"{name} ({kind} axis): no method ends with a finite number."
    (least, low), (most, high) = found
    if least == most or low == high:
        return f"{name} ({kind} axis): the last median of {least} is {digits(low)}."
    return f"{name} ({kind} axis): last medians from {digits(low)} ({least}) to {digits(high)} ({most})."


def _left_out(traces: Mapping[str, Mapping[str, Trace]]) -> str:
    gone = list(dict.fromkeys(m for of in traces.values() for m in list(of)[MOST_METHODS:]))
    named = ", ".join(gone[:6]) + (f" and {len(gone) - 6} more" if len(gone) > 6 else "")
    return f" Left out, of {MOST_METHODS} methods in a figure: {named}; `--only` draws them." if gone else ""
