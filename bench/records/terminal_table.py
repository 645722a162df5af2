"""The small table that ends a run and that `bench show` prints: a line for every cell that was run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.markup import escape
from rich.table import Table

from bench.diagnostics.stability import FAILURES, UNJUDGED, stability
from bench.records import store
from bench.suite.stored_suite import stored_suite

CAPTION = (
    "quality: median of the last q (1 real data, 0 its mean and covariance); spread: its IQR over seeds; lost: best - last;\n"
    "q ≥ .7: median step, and share of seeds"
)


def panel(root: Path) -> Table | None:
    """The stability panel of `bench.stability`, narrow enough for 80 columns; None where quality was measured nowhere."""
    rows = stability(store.load(root))
    if "quality" not in rows:
        return None
    order = {name: k for k, name in enumerate(_suite_order(root))}
    rows = rows.astype({"quality": "float64"}).sort_values(
        ["dataset", "method"], key=lambda c: c.map(lambda name: order.get(name, len(order))), kind="stable"
    )
    view = Table(title="stability", title_justify="left", caption=CAPTION, caption_justify="left")
    for heading in ("data set", "method", "failed"):
        view.add_column(heading, overflow="fold")
    for heading in ("quality", "spread", "lost", "q ≥ .7"):
        view.add_column(heading, justify="right", no_wrap=True)
    for row in rows.to_dict("records"):
        kinds = ", ".join(f"{row[kind]} {kind}" for kind in (*FAILURES, UNJUDGED) if row[kind])
        late = f"{row['steps_to']:g}" if row["reach"] >= 0.5 else "–"
        measured = (
            _q(row["quality"]), f"{row['quality_iqr']:.2f}", f"{row['drawdown']:.2f}", f"{late} ({row['reach']:.0%})"
        )  # fmt: skip
        none = row["quality_iqr"] != row["quality_iqr"]
        shown = ("no quality", "–", "–", "–") if none else measured
        view.add_row(escape(row["dataset"]), escape(row["method"]), kinds or f"0 of {row['seeds']}", *shown)
    return view


def _q(value: float) -> str:
    return f"{value:.2f}" if value == value else "–"


def _suite_order(root: Path) -> list[str]:
    suite = stored_suite(root)
    return [str(name) for key in ("datasets", "methods") for name in (suite.get(key) or {})]


def table(root: Path) -> Table:
    """Outcomes of the seeds, the median over living seeds of every metric's last value, and seconds a seed.

    Skipped cells are counted below it, by reason.
    """
    found = store.current(store.load_records(root))
    frame = store.load(root)
    scores = frame[frame["kind"] == "score"]
    names = list(dict.fromkeys(scores["name"]))
    cells = _by_cell(found)
    skipped = {cell: group[0]["reason"] for cell, group in cells.items() if group[0]["status"] == "skipped"}
    view = Table(title=str(root), title_justify="left", caption=_reasons(skipped.values()), caption_justify="left")
    for heading in ("data set", "method", "seeds"):
        view.add_column(heading, overflow="fold")
    for name in names:
        view.add_column(f"{name} {_arrow(found, name)}", justify="right")
    view.add_column("s / seed", justify="right")
    for (dataset, method), group in cells.items():
        if (dataset, method) in skipped:
            continue
        mine = frame[(frame["dataset"] == dataset) & (frame["method"] == method)]
        values = [_median(mine[(mine["kind"] == "score") & (mine["name"] == name)]) for name in names]
        view.add_row(escape(dataset), escape(method), _fates(group), *values, _seconds(mine))
    return view


def _by_cell(found: Sequence[store.Record]) -> Mapping[tuple[str, str], list[store.Record]]:
    groups: dict[tuple[str, str], list[store.Record]] = {}
    for record in found:
        groups.setdefault((record["dataset"]["label"], record["method"]["label"]), []).append(record)
    return dict(sorted(groups.items()))


def _arrow(found: Sequence[store.Record], name: str) -> str:
    about = [record["metrics"][name] for record in found if name in (record.get("metrics") or {})]
    return ("↑" if about[-1]["higher_is_better"] else "↓") if about else ""


def _fates(group: Sequence[store.Record]) -> str:
    """`8 ok, 2 diverged`; what came to no result by its status."""
    counts: Counter[str] = Counter()
    for record in group:
        for entry in record["seeds"]:
            failed = record["status"] not in ("done", "diverged")
            counts[record["status"] if failed else str(entry["outcome"])] += 1
    return ", ".join(f"{n} {word}" for word, n in counts.items())


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
