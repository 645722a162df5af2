"""The page of nights: one HTML file that needs nothing else. What was found on top, then a small chart a cell and metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from bench.gate import last_night
from bench.gate.band import Banded, banded
from bench.gate.baseline import Baseline
from bench.gate.history import History, Series
from bench.gate.history_chart import chart
from bench.gate.history_report import changed, name, notes, number, since
from bench.gate.history_template import CSS, HTML, READING
from bench.gate.night_values import FAILURES
from bench.gate.report_file import Judged, beside
from bench.gate.report_section import rows_table
from bench.reporting import template
from bench.reporting.page import environment
from bench.reporting.script import SCRIPT
from bench.reporting.table import Entry, Table, anchor, word

MOST = 400  # charts; the table has all series


@dataclass(frozen=True)
class Chart:
    title: str
    caption: str
    drawing: Markup


@dataclass(frozen=True)
class CellCharts:
    """One cell over the nights."""

    key: str
    title: str
    kinds: tuple[str, ...]  # better, worse: of its changes
    sentences: tuple[str, ...]
    charts: tuple[Chart, ...]


def page(found: History, series: Sequence[Series], baseline: Baseline | None = None) -> str:
    """The whole page of some series of a history; everything that comes from records is escaped."""
    shown = [banded(one, baseline) for one in series]
    said: dict[str, list[str]] = {}
    for question, sentence in last_night.last_night(found, shown):
        said.setdefault(question, []).append(sentence)
    cells, left = _cells(found, shown)
    suite = next(str(record["suite"]) for night in found.nights for record in night.records)
    first, last = found.nights[0].date, found.nights[-1].date
    nights = f"night of {last}" if len(found.nights) == 1 else f"{len(found.nights)} nights, {first} to {last}"
    html = environment().from_string(HTML)
    return (
        html.render(
            title=f"{suite}: {nights}",
            said=list(said.items()),
            notes=[f"{note[0].upper()}{note[1:]}." for note in notes(found, series)],
            cells=cells,
            left_out=f"{left} more charts are not drawn; the table has their numbers, and --only draws them."
            * bool(left),
            tables=[_rows(found), _all(found, shown)],
            most=1_000_000,
            reading=READING.format(family=found.family, alpha=found.alpha),
            css=Markup(template.CSS + CSS),
            script=Markup(SCRIPT),
        )
        + "\n"
    )


def _cells(found: History, shown: Sequence[Banded]) -> tuple[list[CellCharts], int]:
    """Cells with a change for the worse first, then those with another, then the others; and how many charts are too many."""
    held: dict[tuple[str, str], dict[str, list[Banded]]] = {}
    for one in shown:
        held.setdefault((one.series.dataset, one.series.method), {}).setdefault(one.series.metric, []).append(one)
    order = sorted(held, key=lambda cell: min(_rank(one.series) for those in held[cell].values() for one in those))
    out, room, left = [], MOST, 0
    for cell in order:
        metrics = [metric for metric in held[cell] if metric != FAILURES] or [FAILURES]
        metrics.sort(key=lambda metric: min(_rank(one.series) for one in held[cell][metric]))
        left += max(0, len(metrics) - room)
        if metrics[:room]:
            out.append(_cell(found, cell, held[cell], metrics[:room]))
        room = max(0, room - len(metrics))
    return out, left


def _rank(one: Series) -> int:
    return 2 if one.change is None else int(one.change.better)


def _cell(
    found: History, cell: tuple[str, str], of: Mapping[str, Sequence[Banded]], metrics: Sequence[str]
) -> CellCharts:
    failures = [one.series for one in of.get(FAILURES, ())]
    kinds = {
        "better" if s.change.better else "worse" for s in (b.series for those in of.values() for b in those) if s.change
    }
    sentences = [f"Failed seeds: {changed(one)}" for one in failures if one.change is not None]
    drawn = []
    for metric in metrics:
        shown = of[metric]
        caption = _caption(found, shown)
        title = f"{metric}{_way(shown[0].series)}"
        drawn.append(
            Chart(title, caption, chart(found.nights, shown, failures, f"{' / '.join(cell)}, {title}: {caption}"))
        )
    label = " / ".join(cell)
    return CellCharts(anchor(label), label, tuple(sorted(kinds, reverse=True)), tuple(sentences), tuple(drawn))


def _way(one: Series) -> str:
    if one.measure.target is not None:
        return f" → {one.measure.target:g}"
    return " ↑" if one.measure.higher_is_better else " ↓"


def _caption(found: History, shown: Sequence[Banded]) -> str:
    """What the newest night reads, what changed, where the line is broken and why, and what the band was drawn from."""
    newest = max(shown, key=lambda one: found.nights.index(one.series.points[-1].night))
    said = [f"{_last(newest.series)}."]
    said += [changed(one.series) for one in shown if one.series.change is not None]
    said += [f"From {one.series.points[0].night.date} on {one.series.began}." for one in shown if one.series.began]
    if newest.series.metric != FAILURES:
        said += [f"{newest.why[0].upper()}{newest.why[1:]}."] if newest.why else []
        said += [f"Band: {newest.band.of}."] if newest.band else ["No band: too few seeds of other nights."]
    return " ".join(said)


def _last(one: Series) -> str:
    point = one.points[-1]
    if point.state == "missing":
        return f"{point.night.date}: missing ({point.why})"
    dead = int(np.isnan(one.seeds(point)).sum())
    what = "share" if one.metric == FAILURES else "median"
    gone = f", {dead} of them dead" if dead else ""
    return f"{point.night.date}: {what} {number(point.value)} of {point.seeds} seeds{gone}"


def _rows(found: History) -> Table:
    """What the gate said of each of its rows on the newest night."""
    judged = beside(found.nights[-1].folder)
    rows = judged.report.rows if isinstance(judged, Judged) else ()
    return rows_table("gate", f"The gate on {found.nights[-1].date}", rows)


def _all(found: History, shown: Sequence[Banded]) -> Table:
    """Every series, drawn or not."""
    heads = ["cell", "metric", "nights", "newest", "median", "band", "changed", "from → to", "p"]
    rows = [_line(one) for one in shown]
    return Table("series", "Every series", heads, rows, f"In the order of names; p over {found.family} series (Holm).")


def _line(one: Banded) -> list[Entry]:
    s, last = one.series, one.series.points[-1]
    value = word("missing", "muted") if last.state == "missing" else word("failed", "failed") if last.dead else None
    value = value or Entry(number(last.value), last.value)
    band = f"{number(one.band.worst)} to {number(one.band.best)}" if one.band else "–"
    change = [word("–", "muted")] * 3
    if (c := s.change) is not None:
        change = [word(since(s)), word(f"{number(c.before)} → {number(c.after)}"), Entry(f"{c.p:.2g}", c.p)]
    cell = name(s).removesuffix(f", {s.metric}")
    return [
        word(cell),
        word(s.metric),
        Entry(str(len(s.seen)), len(s.seen)),
        word(last.night.date),
        value,
        word(band),
        *change,
    ]
