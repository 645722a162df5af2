"""Methods over data sets: boxes of their median q, and their ranks with the critical difference. The unit is the data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.stats import rankdata

from bench.diagnostics.leaderboard import LEAST, Leaderboard
from bench.reporting.estimates import digits
from bench.reporting.figure_style import FAINT, INK, PAGE, Picture, Stroke, canvas, mark, plain, save, style
from bench.reporting.panel import cant_tell
from bench.reporting.results import Results
from bench.reporting.table import Entry, Table, word
from bench.stats.ordering import CriticalDifference, critical_difference

BOXED = 4  # data sets from which on a box says more than its dots
LOW, HIGH = -0.3, 1.05  # the axis of q: what lies below ends in an arrow
ROW, ACROSS = 0.21, 12  # inches; data sets of a table


@dataclass(frozen=True)
class Ranks:
    """What is ranked: methods that were measured alike on every one of some data sets."""

    medians: pd.DataFrame  # [data sets, methods] last q; NaN where the median is a dead seed
    ranks: pd.DataFrame  # [data sets, methods] 1 = best, ties share the mean
    critical: CriticalDifference | None  # None of two methods
    mute: tuple[str, ...]  # data sets left out, on which q can't be told from that of wrong samples

    @property
    def mean(self) -> pd.Series[float]:
        return self.ranks.mean()


def over_data_sets(results: Results, found: Leaderboard) -> Ranks | None:
    """The ranks behind a leaderboard; None with fewer than two data sets on which q tells anything."""
    table = pd.DataFrame({s.method: s.medians for s in found.standings}, index=list(found.datasets))
    mute = tuple(d for d in found.datasets if cant_tell(results, d) is not None)
    table = table.drop(index=list(mute))
    if len(table) < LEAST:
        return None
    values = table.fillna(-np.inf)
    ranks = pd.DataFrame(rankdata(-values.to_numpy(), axis=1), table.index, table.columns)
    return Ranks(table, ranks, critical_difference(values) if table.shape[1] > 2 else None, mute)


def ranks_table(found: Ranks) -> Table:
    """Mean rank and the rank on every data set, in the suite's order of methods."""
    shown = list(found.ranks.index[:ACROSS])
    rows = []
    for method in found.ranks.columns:
        mean = float(found.mean[method])
        each = [float(found.ranks.loc[dataset, method]) for dataset in shown]
        rows.append([word(str(method)), Entry(f"{mean:.2f}", mean), *(Entry(f"{rank:g}", rank) for rank in each)])
    left = len(found.ranks) - len(shown)
    more = f" {left} more data sets are counted and not shown." if left else ""
    return Table("ranks", "Ranks over data sets", ["method", "mean rank", *shown], rows, _said(found) + more)


def _said(found: Ranks) -> str:
    count = len(found.ranks)
    said = f"Of the median q at the end, 1 is best, a dead median last, ties share; {count} data sets."
    if found.mute:
        said += f" Left out, since q can't tell there: {', '.join(found.mute)}."
    if (c := found.critical) is None:
        return said + " Of two methods there is no critical difference."
    said += f" Friedman's test that all are alike: p = {c.p:.2g}. Mean ranks nearer than {c.difference:.2f} are not told apart"
    if c.difference >= len(c.ranks) - 1:
        return said + f", and no two can lie further: {count} data sets are too few to tell any (Nemenyi, 5 %)."
    alike = "; ".join(", ".join(group) for group in c.groups) or "all are told apart"
    return said + f" (Nemenyi, 5 %): {alike}."


def ranks_picture(found: Ranks, strokes: Mapping[str, Stroke]) -> Picture:
    """A row for each method: q on the data sets at the left, ranks at the right."""
    key, methods = "across-data-sets", [str(method) for method in found.medians.columns]
    with style(key):
        figure = canvas(PAGE, len(methods) * ROW + 0.75)
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1.2, 1])
        for row, method in enumerate(methods):
            _quality(left, row, method, found.medians[method].to_numpy(dtype=np.float64), strokes[method])
            _ranks(right, row, method, found, strokes[method])
        left.set_yticks(range(len(methods)), [plain(method, 24) for method in methods])
        left.set_ylim(len(methods) - 0.4, -0.6)
        left.set_xlim(LOW, HIGH)
        for real in (0, 1):
            left.axvline(real, color=FAINT, lw=0.7, ls=(0, (1, 1.5)), zorder=1)
        right.set_xlim(0.7, len(methods) + 0.3)
        right.set_xticks(range(1, len(methods) + 1))
        left.set_xlabel("median q of a data set")
        right.set_xlabel("rank, 1 is best")
        for ax in (left, right):
            ax.tick_params(axis="y", length=0)
        boxes = "; box: quartiles and median over data sets, whiskers to the extremes" if _boxed(found) else ""
        whiskers = "; whiskers: half the critical difference each way, so that methods whose whiskers don't meet differ"
        caption = (
            f"Left: a dot a data set{boxes}; dotted: 0 (only mean and covariance) and 1 (real data); arrow: below the axis; "
            f"cross: the median seed is dead. Right: faint, the rank on each data set; full, the mean rank"
            f"{whiskers if found.critical else ''}. {_said(found)}"
        )
        return save(figure, key, "Across data sets", caption)


def _boxed(found: Ranks) -> bool:
    return len(found.medians) >= BOXED


def _quality(ax: Axes, row: int, method: str, medians: np.ndarray, stroke: Stroke) -> None:
    inside = np.clip(np.where(np.isnan(medians), LOW, medians), LOW, HIGH)  # quartiles commute with what bounds values
    if len(medians) >= BOXED:
        least, low, middle, high, most = np.percentile(inside, [0, 25, 50, 75, 100])
        ax.plot([least, low, np.nan, high, most], [row] * 5, color=stroke.color, lw=0.8, zorder=2)
        ax.barh(row, high - low, 0.62, low, facecolor="none", edgecolor=stroke.color, lw=0.8, zorder=2)
        ax.plot([middle] * 2, [row - 0.31, row + 0.31], color=stroke.color, lw=1.6, zorder=2)
    for value in medians:
        gid = mark(method, None, float(value))
        if np.isnan(value):
            ax.plot([LOW + 0.02], [row], "x", ms=3.6, mew=1, color=INK, zorder=4, gid=gid)
        elif value < LOW:
            ax.plot([LOW], [row], "<", ms=3.6, color=stroke.color, clip_on=False, zorder=4, gid=gid)
            ax.annotate(digits(float(value)), (LOW, row), (5, 5), textcoords="offset points", va="center", fontsize=5.5)
        else:
            ax.plot([value], [row], stroke.marker, ms=3, color=stroke.color, alpha=0.8, zorder=3, gid=gid)


def _ranks(ax: Axes, row: int, method: str, found: Ranks, stroke: Stroke) -> None:
    each = found.ranks[method].to_numpy(dtype=np.float64)
    ax.plot(each, np.full(len(each), row), stroke.marker, ms=2.4, ls="none", color=stroke.color, alpha=0.35, zorder=2)
    mean = float(found.mean[method])
    if found.critical is not None:
        half = found.critical.difference / 2
        ax.plot([mean - half, mean + half], [row, row], color=stroke.color, lw=1.2, zorder=3)
    ax.plot([mean], [row], stroke.marker, ms=5, color=stroke.color, zorder=4, gid=mark(method, None, mean))
