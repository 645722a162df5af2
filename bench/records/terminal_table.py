"""The small table that ends a run and that `bench show` prints: a line for every cell that was run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.markup import escape
from rich.table import Table

from bench.diagnostics.stability import stability
from bench.plugins.lazily import lazily
from bench.records import store
from bench.records.cell_summaries import outcomes_of
from bench.records.in_suite import Name, cell_name, gone_text, in_suite
from bench.records.readings import CANT, Reading, reading_of
from bench.stats.outcomes import FAILURES, SKIPPED, UNJUDGED

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

CAPTION = (
    "quality: median of the last q (1 real data, 0 its mean and covariance); spread: its IQR over seeds; lost: best - last;\n"
    "q ≥ .7: median step, and share of seeds"
)
UNMEASURED = "\nno quality: it is not known there, and only divergence is seen"


def panel(root: Path) -> Table | None:
    """The stability panel of `bench.stability`, narrow enough for 80 columns; None where quality was measured nowhere."""
    found, _ = _kept(root)
    frame = store.load(root, kinds=("score",))
    if frame.empty or not (frame["name"] == "quality").any():
        return None
    order = {cell: k for k, cell in enumerate(_by_cell(found))}
    rows = [row for row in stability(frame, {}).to_dict("records") if (row["dataset"], row["method"]) in order]
    unmeasured = any(isnan(row["quality"]) and isnan(row["reach"]) for row in rows)
    caption = CAPTION + UNMEASURED * unmeasured
    view = Table(title="stability", title_justify="left", caption=caption, caption_justify="left")
    for heading in ("data set", "method", "failed"):
        view.add_column(heading, overflow="fold")
    for heading in ("quality", "spread", "lost", "q ≥ .7"):
        view.add_column(heading, justify="right", no_wrap=True)
    for row in sorted(rows, key=lambda row: order[row["dataset"], row["method"]]):
        kinds = ", ".join(f"{row[kind]} {kind}" for kind in (*FAILURES, UNJUDGED.name) if row[kind])
        late = f"{row['steps_to']:g}" if isfinite(row["steps_to"]) else "–"
        reach = "–" if isnan(row["reach"]) else f"{late} ({row['reach']:.0%})"
        view.add_row(
            escape(row["dataset"]), escape(row["method"]), kinds or f"0 of {row['seeds']}",
            _quality(row["quality"], row["reach"]),
            _q(row["quality_iqr"]), _q(row["drawdown"]), reach,
        )  # fmt: skip
    return view


def _quality(median: float, reach: float) -> str:
    if isnan(reach):
        return "no quality"
    return "dead" if isnan(median) else _q(median)


def _q(value: float) -> str:
    """Two places; a median that is a dead seed has lost everything."""
    return "–" if isnan(value) else f"{value:.2f}" if isfinite(value) else "dead"


def _kept(root: Path) -> tuple[list[store.Record], list[Name]]:
    """The records that count, in the suite's order, and the cells that are no longer in the suite."""
    kept, gone = in_suite(root, store.load_records(root, deep=True))
    return store.current(kept), gone


def table(root: Path) -> Table:
    """Outcomes of the seeds, the median over living seeds of every metric's last value, and seconds a seed.

    Skipped cells are counted below it, by reason; cells that left the suite are named.
    """
    found, gone = _kept(root)
    frame = store.load(root, kinds=("score",))
    cells = _by_cell(found)
    skipped = {
        cell: group[0].get("reason") or "no reason is given"
        for cell, group in cells.items()
        if group[0]["status"] == SKIPPED.name
    }
    ran = [cell for cell in cells if cell not in skipped]
    scores = frame[(frame["kind"] == "score") & np.array([cell in cells for cell in _names(frame)], dtype=bool)]
    names = list(dict.fromkeys(scores["name"]))
    how = {(d, name): reading_of(found, d, name) for d in dict.fromkeys(d for d, _ in ran) for name in names}
    notes = [_reasons(skipped.values()), escape(gone_text(gone)), *_how_to_read(how)]
    view = Table(
        title=escape(str(root)),
        title_justify="left",
        caption="\n".join(filter(None, notes)) or None,
        caption_justify="left",
    )
    for heading in ("data set", "method", "seeds"):
        view.add_column(heading, overflow="fold")
    for name in names:
        view.add_column(f"{escape(name)} {_arrow(found, name)}", justify="right")
    view.add_column("s / seed", justify="right")
    for dataset, method in ran:
        mine = frame[(frame["dataset"] == dataset) & (frame["method"] == method)]
        rows = [mine[(mine["kind"] == "score") & (mine["name"] == name)] for name in names]
        values = [_value(part, how[dataset, name]) for part, name in zip(rows, names, strict=True)]
        view.add_row(escape(dataset), escape(method), _fates(cells[dataset, method]), *values, _seconds(mine))
    return view


def _names(frame: pd.DataFrame) -> list[Name]:
    return list(zip(frame["dataset"], frame["method"], strict=True))


def _value(rows: pd.DataFrame, how: Reading | None) -> str:
    return CANT if len(rows) and how is not None and not how.tells else _median(rows)


def _how_to_read(readings: Mapping[tuple[str, str], Reading | None]) -> list[str]:
    """Why a metric can't tell on a data set, and the values that two-sided ones are best near to."""
    known = [(dataset, one) for (dataset, _), one in readings.items() if one is not None]
    near = [f"{one.name} → {one.real:.3g} on {d}" for d, one in known if one.two_sided and one.tells]
    told = [escape(f"{one.why} ({d})") for d, one in known if not one.tells]
    return ["→: best where nearest to real data: " + escape(", ".join(near))] * bool(near) + told


def _by_cell(found: Sequence[store.Record]) -> Mapping[Name, list[store.Record]]:
    groups: dict[Name, list[store.Record]] = {}
    for record in found:
        groups.setdefault(cell_name(record), []).append(record)
    return groups


def _arrow(found: Sequence[store.Record], name: str) -> str:
    """→ where too much is a fault too; nothing where no record says."""
    about = [record["metrics"][name] for record in found if name in (record.get("metrics") or {})]
    if about and about[-1].get("two_sided"):
        return "→"
    return ("↑" if about[-1]["higher_is_better"] else "↓") if about else ""


def _fates(group: Sequence[store.Record]) -> str:
    """`8 ok, 2 diverged`, in the table's order; what came to no result by its status."""
    return ", ".join(f"{count} {word}" for word, count in outcomes_of(group).items())


def _reasons(skipped: Iterable[str]) -> str | None:
    """`skipped cells: 2 × too dear; 1 × its law is no mixture`."""
    told = "; ".join(f"{n} × {escape(reason)}" for reason, n in Counter(skipped).most_common())
    return f"skipped cells: {told}" if told else None


def _median(rows: pd.DataFrame) -> str:
    last = rows.sort_values("step").groupby("seed")["value"].last().dropna() if len(rows) else rows["value"]
    return f"{float(last.median()):.4g}" if len(last) else "–"


def _seconds(rows: pd.DataFrame) -> str:
    parts: Any = rows[rows["name"].isin(["training_s", "sampling_s", "evaluation_s", "probes_s"])]
    return f"{parts.groupby('seed')['value'].sum().median():.1f}" if len(parts) else "–"
