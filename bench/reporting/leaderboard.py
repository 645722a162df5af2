"""Across data sets: one leaderboard, and the performance profiles behind one of its columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench.diagnostics.leaderboard import Leaderboard, Standing, leaderboard
from bench.reporting.figure_style import COLUMN, Picture, Stroke, canvas, log_ticks, plain, save, style
from bench.reporting.page import Part
from bench.reporting.ranks import over_data_sets, ranks_picture, ranks_table
from bench.reporting.results import Results
from bench.reporting.table import Entry, Table, word
from bench.stats import Estimate, time_profile
from bench.stats.aggregates import SLOWEST

HEADER = ["method", "failure rate", "interquartile mean of q", "profile score"]


def across_data_sets(results: Results, strokes: Mapping[str, Stroke]) -> Part:
    """The leaderboard and the profiles; empty where fewer than two data sets or methods can be put together."""
    found = None if results.frame.empty else leaderboard(results.frame)
    if found is None:
        return Part()
    header = [*HEADER, f"P(better than {found.reference})"]
    rows = [_row(standing) for standing in found.standings]
    table = Table("leaderboard", "Leaderboard", header, rows, _caption(found), frozenset({1, 2, 3, 4}))
    profiles = [_profiles(found, strokes)] if found.pairs else []
    ranked = over_data_sets(results, found)
    if ranked is None:
        return Part(tables=[table], pictures=profiles)
    return Part(tables=[table, ranks_table(ranked)], pictures=[ranks_picture(ranked, strokes), *profiles])


def _caption(found: Leaderboard) -> str:
    missing = f" Not run alike on all of them, and left out: {', '.join(found.left_out)}." if found.left_out else ""
    return (
        f"Over {', '.join(found.datasets)}, in the suite's order of methods.{missing} Failure rate: of all seeds, Wilson's "
        "interval. Interquartile mean of q: the middle half of the last q of all seeds, dead ones at 0 or at the data set's "
        f"lowest q. Profile score: share of the {found.pairs} pairs of data set and seed that get to q ≥ 0.7 within τ times "
        f"the {found.time} of the fastest method, averaged over τ from 1 to {SLOWEST:g}; a failed seed never arrives. "
        f"P(better than {found.reference}): chance that a seed ends with a higher q than one of {found.reference}, ties "
        "half, mean over data sets. Intervals of the last three: stratified bootstrap over seeds, 95 %, to look at and not "
        "to decide by; they speak of new seeds, not of new data sets."
    )


def _row(standing: Standing) -> list[Entry]:
    better = standing.improvement
    return [
        word(standing.method),
        *map(_entry, (standing.failures, standing.quality, standing.profile)),
        word("reference", "muted") if better is None else _entry(better),
    ]


def _entry(found: Estimate) -> Entry:
    if np.isnan(found.value):
        return word("no seed in common", "muted")
    text = f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]".replace("-", "−")
    return Entry(text, found.value, found.low, found.high)


def _profiles(found: Leaderboard, strokes: Mapping[str, Stroke]) -> Picture:
    """ρ(τ) of every method, a staircase."""
    key = "performance-profiles"
    with style(key):
        figure = canvas(2 * COLUMN, 2.4)
        ax = figure.subplots()
        ax.set_xscale("log")
        for standing in found.standings:
            reached = standing.ratios[standing.ratios <= SLOWEST]
            at = np.unique(np.concatenate([[1.0], reached, [SLOWEST]]))
            stroke = strokes[standing.method]
            share = time_profile(standing.ratios, at)
            ax.step(
                at, share, where="post", color=stroke.color, ls=stroke.line, lw=1.4, label=plain(standing.method, 24)
            )
        ax.set_xlim(1, SLOWEST)
        ax.set_ylim(-0.02, 1.02)
        log_ticks(ax.xaxis)
        ax.set_xlabel(f"τ: {found.time} to q ≥ 0.7, over those of the fastest method", fontsize=7)
        ax.set_ylabel("share within τ")
        figure.legend(loc="outside right upper", frameon=False)
        caption = (
            f"Performance profiles over the {found.pairs} pairs of data set and seed: the share that gets to q ≥ 0.7 within τ "
            f"times the {found.time} of the fastest method; a failed seed never arrives. At τ = 1: how often a method is the "
            "fastest."
        )
        return save(figure, key, "Performance profiles", caption)
