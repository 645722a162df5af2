"""Every cell of a folder of results as plain numbers: what `bench show` prints, for other programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.diagnostics.stability import stability
from bench.records import store
from bench.records.in_suite import Name, cell_name, in_suite
from bench.stats.outcomes import SKIPPED, in_order


def cell_summaries(root: Path) -> list[dict[str, Any]]:
    """Of each cell of the suite, in its order: data set, method, how many seeds ended how, the median over living seeds of
    every metric's last value, and its row of `bench.stability`; of one that is left out, the reason."""
    found = store.current(in_suite(root, store.load_records(root, deep=True))[0])
    frame = store.load(root, kinds=("score",))
    scores = frame[frame["kind"] == "score"]
    measured = bool((scores["name"] == "quality").any())
    rows = stability(frame, {}).to_dict("records") if measured else []
    steady = {(row["dataset"], row["method"]): row for row in rows}
    groups: dict[Name, list[store.Record]] = {}
    for record in found:
        groups.setdefault(cell_name(record), []).append(record)
    summaries = []
    for (dataset, method), group in groups.items():
        about: dict[str, Any] = {"dataset": dataset, "method": method}
        if group[0]["status"] == SKIPPED.name:
            summaries.append(about | {"skipped": group[0]["reason"]})
            continue
        mine = scores[(scores["dataset"] == dataset) & (scores["method"] == method)]
        last = mine.sort_values("step").groupby(["name", "seed"], observed=True)["value"].last()
        medians = last.dropna().groupby("name", observed=True).median().to_dict()
        row = {k: v for k, v in steady.get((dataset, method), {}).items() if k not in ("suite", *about)}
        summaries.append(about | {"outcomes": outcomes_of(group), "medians": medians, "stability": row})
    return summaries


def outcomes_of(group: Sequence[store.Record]) -> dict[str, int]:
    """`{"ok": 8, "diverged": 2}`, in the table's order; what came to no result by its status."""
    ends: dict[int, str] = {}  # of a seed that was run twice, how it ended in the record that counts
    for record in sorted(group, key=store.rank):
        for entry in record["seeds"]:
            ends[int(entry["seed"])] = store.fate(record, entry)[0]
    counts = Counter(ends.values())
    return {word: counts[word] for word in in_order(counts)}
