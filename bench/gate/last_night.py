"""What is said of the newest night before anything is drawn: the gate's verdict, failures, changes, and what is other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.gate import report_formats
from bench.gate.band import Banded
from bench.gate.history import History, Point, Series
from bench.gate.history_report import between, name, number, since
from bench.gate.night_values import FAILURES
from bench.gate.nights import Night
from bench.gate.report import INCOMPLETE, NOTHING, PASS, REGRESSION, UNDECIDED
from bench.gate.report_file import FILE, Judged, beside

SHOWN = 5  # of alike things in one sentence
CODES = {
    PASS: "passed",
    REGRESSION: "did not pass",
    UNDECIDED: "could not decide everything",
    INCOMPLETE: "did not come to a result everywhere",
    NOTHING: "had nothing to compare",
}

Said = tuple[str, str]  # what about, and the sentence


def last_night(found: History, shown: Sequence[Banded]) -> list[Said]:
    """The first screen, in the order in which it is asked."""
    night, series = found.nights[-1], [one.series for one in shown]
    out = [("The night", f"{dated(night)}, the newest of {len(found.nights)}.")]
    out += [("The gate", sentence) for sentence in _gate(night)]
    out += [("Failures", sentence) for sentence in _failures(found, series)]
    out += [("Changes of level", sentence) for sentence in _changes(found, series)]
    out += [("Outside their bands", sentence) for sentence in _outside(night, shown)]
    return out + [("What is other", sentence) for sentence in _other(found, series)]


def dated(night: Night) -> str:
    return f"{night.date} ({night.said})" if night.said else night.date


def _gate(night: Night) -> Iterator[str]:
    judged = beside(night.folder)
    if judged is None:
        where = f"{night.folder.name}/{FILE}"
        yield f"No verdict lies beside the night's results: 'bench gate SUITE … --json …/{where}' leaves one there."
    elif isinstance(judged, str):
        yield judged
    else:
        yield f"{verdict(judged)}: {report_formats.summary(judged.report)}"
        bad = [row for row in judged.report.rows if row.verdict not in ("pass", "shown")]
        yield from (f"{said[0].upper()}{said[1:]}." for said in map(report_formats.told, bad[:SHOWN]))
        if len(bad) > SHOWN:
            yield f"{len(bad) - SHOWN} more are in the table of its rows."


def verdict(judged: Judged) -> str:
    """`The gate did not pass (exit code 1)`."""
    return f"The gate {CODES.get(judged.exit_code, 'ended')} (exit code {judged.exit_code})"


def _failures(found: History, series: Sequence[Series]) -> Iterator[str]:
    counts = [_counted(series, night) for night in found.nights[-2:]]
    (failed, seeds, where), night = counts[-1], found.nights[-1]
    if not seeds:
        yield f"Nothing came to a result on {night.date}."
        return
    before = f" The night before: {counts[0][0]} of {counts[0][1]}." if len(counts) > 1 and counts[0][1] else ""
    yield f"{failed} of {seeds} seeds failed{': ' if where else ''}{_some(where)}.{before}"
    gone = sorted({f"{s.dataset} / {s.method} ({p.why})" for s, p in _on(series, night) if p.state == "missing"})
    if gone:
        yield f"Without a result: {_some(gone)}."


def _counted(series: Sequence[Series], night: Night) -> tuple[int, int, list[str]]:
    """Failed seeds and all seeds of a night, and the cells in which some failed, the worst first."""
    held = [(s, p.of.numbers[FAILURES]) for s, p in _on(series, night) if p.of is not None]
    bad = sorted(((float(v.mean()), s, v) for s, v in held if v.any()), key=lambda one: -one[0])
    where = [f"{s.dataset} / {s.method} ({int(v.sum())} of {len(v)})" for _, s, v in bad]
    return int(sum(v.sum() for _, v in held)), sum(len(v) for _, v in held), where


def _on(series: Sequence[Series], night: Night) -> list[tuple[Series, Point]]:
    """What is said of failures on a night."""
    return [(s, p) for s in series if s.metric == FAILURES for p in s.points if p.night == night]


def _changes(found: History, series: Sequence[Series]) -> Iterator[str]:
    changed = [one for one in series if one.change is not None]
    if not changed:
        tested = sum(one.tested for one in series)
        yield f"None found in {tested} series." if tested else "Too few different nights to find any."
        return
    told: dict[bool, list[str]] = {False: [], True: []}
    for one in changed:
        assert one.change is not None
        told[one.change.better].append(f"{name(one)} since {since(one)}")
    for better, names in told.items():
        if names:
            yield f"{'Better' if better else 'Worse'}: {_some(names)} (p over {found.family} series)."


def _outside(night: Night, shown: Sequence[Banded]) -> Iterator[str]:
    told = []
    for one in shown:
        last = one.series.points[-1]
        seen = last.night == night and last.state != "missing"
        if seen and one.band is not None and not one.band.holds(last.value, one.series.measure):
            told.append(f"{name(one.series)} {number(last.value)}")
    if told:
        yield f"{_some(told)}. Each night one quiet series in twenty is: a place to look at, and no test."


def _other(found: History, series: Sequence[Series]) -> Iterator[str]:
    """What the cells were run with, that night and on the one before it that has records."""
    before = next((night for night in reversed(found.nights[:-1]) if night.records), None)
    if before is None or not found.nights[-1].records:
        return
    alike: dict[str, list[str]] = {}
    for dataset, method in dict.fromkeys((one.dataset, one.method) for one in series):
        if said := between(before, found.nights[-1], dataset, method):
            alike.setdefault(said, []).append(f"{dataset} / {method}")
    for said, cells in alike.items():
        yield f"Since {before.date}: {said} ({_some(cells)})."
    if not alike:
        yield f"Since {before.date} nothing that the records tell of: options, training, versions, device, code."


def _some(things: Sequence[str]) -> str:
    more = f" and {len(things) - SHOWN} more" if len(things) > SHOWN else ""
    return ", ".join(things[:SHOWN]) + more
