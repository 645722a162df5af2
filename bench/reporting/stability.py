"""How steadily a method trains: swings of its losses, spread and risk over seeds, what is lost after the best."""

from __future__ import annotations

import warnings

import numpy as np

from bench.diagnostics.dispersion import dispersion_across_seeds, long_term_risk, risk_across_seeds
from bench.diagnostics.oscillation import Oscillation
from bench.diagnostics.stability import LOSS
from bench.reporting.headline_table import missing
from bench.reporting.panel import losses_of
from bench.reporting.results import Results
from bench.reporting.summary import Curves, columns, trace_names
from bench.reporting.table import Entry, Table, number, word

METRICS = 2  # of the suite, in its order: more would not fit a page


def losses(results: Results, dataset: str) -> dict[str, str]:
    """player -> the name of its loss's trace."""
    return {match[1]: name for name in trace_names(results, dataset) if (match := LOSS.match(name))}


def stability(results: Results, dataset: str) -> list[Table]:
    """The losses' swings, where losses were probed, and dispersion and risk, where metrics were measured."""
    return [table for table in (_swings(results, dataset), _risk(results, dataset)) if table is not None]


def _swings(results: Results, dataset: str) -> Table | None:
    known, lacking = losses_of(results)
    found = dict.fromkeys(name for cell in results.on(dataset) for name in known[dataset, cell.method])
    players = {match[1]: name for name in sorted(found) if (match := LOSS.match(name))}
    if not players:
        return None
    header = ["method", *["swing", "period (steps)", "sign changes"] * len(players)]
    groups = [("", 1), *((f"loss of {player}", 3) for player in players)]
    rows = []
    for cell in results.on(dataset):
        row = [word(cell.method)]
        for name in players.values():
            seeds = known[dataset, cell.method].get(name, {})
            row += _swing([one for seed, (_, one) in sorted(seeds.items()) if seed in cell.fates])
        rows.append(row)
    caption = (
        "Of each player's loss after a burn-in of a tenth, median over the seeds that have the number. Swing: "
        "deviation around the trend over "
        "the 5-to-95 % range. Period: of the dominant peak, with the share of seeds that show one above red noise. "
        "Sign changes: share of "
        "successive increments that turn round; 2/3 is white noise."
    )
    if lacking:
        caption += (
            f" Of {lacking} records of the suite this is not stored, and left out; `bench score RESULTS` stores it."
        )
    return Table(f"loss-swings-{dataset}", f"Loss oscillation on {dataset}", header, rows, caption, groups=groups)


def _swing(seen: list[Oscillation]) -> list[Entry]:
    seen = [one for one in seen if np.isfinite(one.deviation)]
    if not seen:
        return [word("—", "muted")] * 3
    periodic = [one.period for one in seen if one.periodic]
    period = word(f"none (0/{len(seen)})", "muted")
    if periodic:
        middle = number(float(np.median(periodic)))
        period = Entry(f"{middle.text} ({len(periodic)}/{len(seen)})", middle.value)
    swings = np.array([one.scale_free for one in seen])
    swings = swings[np.isfinite(swings)]
    return [
        number(float(np.median(swings)) if swings.size else None),
        period,
        number(float(np.median([one.sign_changes for one in seen]))),
    ]


def _risk(results: Results, dataset: str) -> Table | None:
    found = columns(results, dataset)
    names = list(dict.fromkeys(column.metric.name for column in found))[:METRICS]
    shown = [column for column in found if column.metric.name in names]
    if not shown:
        return None
    header = ["method", *["IQR over seeds", "worst 5 %", "drawdown", "best/last"] * len(shown)]
    groups = [("", 1), *((column.title, 4) for column in shown)]
    rows = []
    for cell in results.on(dataset):
        row = [word(cell.method)]
        for column in shown:
            absent = missing(cell, column, found)
            row += [absent] * 4 if absent is not None else _risks(column.curves[cell.method])
        rows.append(row)
    caption = (
        "At the last evaluation. IQR over seeds: failed as soon as one seed is dead, for the spread of the survivors "
        "would flatter. Worst 5 %: "
        "conditional value at risk over seeds. Drawdown: conditional value at risk of the distance from the running "
        "best, median over seeds. "
        "Best/last: what picking the best checkpoint hides, 1 = nothing. Of a metric that is best near the value of real "
        "data (→), worst 5 % and drawdown are of the distance from it."
    )
    return Table(f"risk-{dataset}", f"Dispersion and risk on {dataset}", header, rows, caption, groups=groups)


def _risks(curves: Curves) -> list[Entry]:
    better = curves.higher_is_better
    last = curves.last[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # inf - inf among dead seeds: the answer is "failed" either way
        iqr = float(dispersion_across_seeds(last)[-1]) if len(last) > 1 else float("nan")
        tail = float(risk_across_seeds(curves.compared_last[:, None], better)[-1]) if len(last) else float("nan")
    ends = [word("one seed", "muted") if len(last) == 1 else _or_failed(iqr), _or_failed(tail)]
    if curves.cell.pretrained:
        return [*ends, word("—", "muted"), word("—", "muted")]
    falls = [
        np.inf if fate.dead else long_term_risk(row, curves.steps, better)
        for row, fate in zip(curves.compared_rows, curves.fates, strict=True)
    ]
    hidden = _median(np.where(np.isfinite(curves.last), curves.hidden, np.inf))
    return [
        *ends,
        _or_failed(_median(np.array(falls))),
        word("—", "muted") if np.isnan(hidden) else _or_failed(hidden),  # of negative numbers there is no ratio
    ]


def _median(values: np.ndarray) -> float:
    """Dead seeds, infinite here, rank worst; NaN (no ratio exists) stays NaN."""
    ranked = np.sort(values)
    return float(ranked[len(ranked) // 2]) if len(ranked) % 2 or np.isinf(ranked[-1]) else float(np.median(ranked))


def _or_failed(value: float) -> Entry:
    return number(value) if np.isfinite(value) else Entry("failed", float("nan"), kind="failed")
