"""A history as JSON, and what has to be said of it in words: what is missing, repeated, incomparable, or too short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from bench.gate.changes import differences, facts, line
from bench.gate.history import History, Series
from bench.gate.night_values import FAILURES
from bench.gate.nights import Night, to_bisect
from bench.records.in_suite import cell_name

SHOWN = 5  # dates of a line


def notes(found: History, series: Sequence[Series]) -> list[str]:
    """One line for each thing that the numbers alone don't show."""
    return [*_anew(series), *_missing(series), *_repeated(series), *_short(found, series)]


def _anew(series: Sequence[Series]) -> Iterator[str]:
    counts: dict[tuple[str, str], int] = {}
    for one in series:
        if one.began:
            key = (next(p.night.date for p in one.points if p.state != "missing"), one.began)
            counts[key] = counts.get(key, 0) + 1
    for (date, said), count in sorted(counts.items()):
        yield f"{date}: {said}: {count} series begin anew, and nothing is compared across"


def _missing(series: Sequence[Series]) -> Iterator[str]:
    dates: dict[tuple[str, str], list[str]] = {}
    gone = {
        (one.dataset, one.method, point.night.folder)
        for one in series
        for point in one.points
        if one.metric == FAILURES and point.state == "missing"
    }
    for one in series:
        for point in one.points:
            whole = (one.dataset, one.method, point.night.folder) in gone  # said once, not for every metric
            if point.state == "missing" and (one.metric == FAILURES or not whole):
                name = f"{one.dataset} / {one.method}" + f", {one.metric}" * (not whole)
                dates.setdefault((name, point.why), []).append(point.night.date)
    for (name, why), found in dates.items():
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        yield f"missing: {name} ({why}): {', '.join(sorted(found)[-SHOWN:])}{more}"


def _repeated(series: Sequence[Series]) -> Iterator[str]:
    states: dict[tuple[object, ...], str] = {}
    for one in series:
        for point in one.points:
            if point.state != "missing":
                states[one.dataset, one.method, point.night.folder] = point.state
    if repeats := sum(state == "repeat" for state in states.values()):
        yield (
            f"{repeats} of {len(states)} cells of nights repeat an earlier night bit for bit (the same seeds, the same "
            "values) and count once with it; --night DATE or 'seeds: {nightly: 5}' give every night seeds of its own"
        )


def _short(found: History, series: Sequence[Series]) -> Iterator[str]:
    counts = [len(one.seen) for one in series if len(one.seen) < found.needed]
    if counts:
        yield (
            f"a change in one of {len(found.series)} series can show from {found.needed} different nights on; "
            f"{len(counts)} series have fewer ({min(counts)} to {max(counts)})"
        )


def plain(found: History, series: Sequence[Series]) -> Mapping[str, object]:
    """For JSON: what was asked, and the given series with their nights and changes."""
    return {
        "alpha": found.alpha, "family": found.family, "permutations": found.permutations, "nights_needed": found.needed,
        "nights": [{"date": n.date, "commit": n.commit, "suite_commit": n.suite_commit, "folder": n.folder.name}
                   for n in found.nights],
        "series": [_plain(one) for one in series],
    }  # fmt: skip


def _plain(one: Series) -> Mapping[str, object]:
    shown: dict[str, object] = {
        "dataset": one.dataset, "method": one.method, "metric": one.metric, "conditions": vars(one.conditions),
        "began": one.began, "observations": len(one.seen), "tested": one.tested,
        "nights": [{"date": p.night.date, "commit": p.night.commit, "state": p.state, "seeds": p.seeds,
                    "value": _finite(p.value), "dead": p.dead, "why": p.why} for p in one.points],
        "change": None,
    }  # fmt: skip
    if (c := one.change) is not None:
        at, first, last = (one.seen[k].night.date for k in (c.at, c.first, c.last))
        shown["change"] = {
            "at": at, "from": first, "to": last, "before": _finite(c.before), "after": _finite(c.after),
            "better": c.better, "p": c.p, "commits": list(one.commits), "suite_commits": list(one.suite_commits),
        }  # fmt: skip
    return shown


def between(old: Night, new: Night, dataset: str, method: str) -> str:
    """What a cell was run with on two nights, where it differs: `gan.lr 0.002 → 0.01`."""
    then, now = (facts(r for r in night.records if cell_name(r) == (dataset, method)) for night in (old, new))
    if not then or not now:
        return ""
    (one,), (other,) = then.values(), now.values()
    return line(differences(one, other))


def name(one: Series) -> str:
    """`ring / GAN, modes`"""
    return f"{one.dataset} / {one.method}, {one.metric}"


def changed(one: Series) -> str:
    """The whole sentence of a change: when, how far, how sure, between which commits, and what is other between them."""
    c = one.change
    assert c is not None
    first, last = (one.seen[k].night.date for k in (c.first, c.last))
    when = f"on a night from {first} to {last}, most likely {since(one)}" if first != last else f"on {first}"
    old, new = one.between
    other = between(old, new, one.dataset, one.method) or "nothing that the records tell of"
    return (
        f"{'Better' if c.better else 'Worse'}, {number(c.before)} → {number(c.after)}, {when} (p = {c.p:.2g}). "
        f"Commits {to_bisect(old, new)}; what is other: {other}."
    )


def since(one: Series) -> str:
    assert one.change is not None
    return one.seen[one.change.at].night.date


def number(value: float) -> str:
    """A nightly number for a reader: four digits, `failed` where it is a dead seed's."""
    return f"{value:.4g}" if np.isfinite(value) else "failed"


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
