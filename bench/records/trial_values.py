"""What trials reached, read from their records."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING

from bench.plugins.lazily import lazily
from bench.records.in_suite import cell_name
from bench.records.readings import Reading, reading_of
from bench.records.rows import frame_of_rows
from bench.records.store import RESULTS, Record, fate, rank, whole
from bench.records.tuned import QUALITY, Direction, SeedEnd, Trial

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")


def seed_ends(
    found: Sequence[Record], key: str, name: tuple[str, str], seeds: Sequence[int], select: str
) -> tuple[SeedEnd, ...]:
    """How the seeds of a trial ended; () unless each has a result that lacks nothing.

    `found` are records of trials, `key` and `name` (data set, method) those of the trial, `select` the score that is read.
    """
    ends: dict[int, SeedEnd] = {}
    for record in sorted(found, key=rank):
        if record["key"] == key and cell_name(record) == name and record["status"] in RESULTS and whole(record):
            last = _last(record, (select, QUALITY))
            for entry in record["seeds"]:
                seed = int(entry["seed"])
                values = (last.get((score, seed)) for score in (select, QUALITY))
                ends[seed] = SeedEnd(seed, fate(record, entry)[0], *values)
    return tuple(ends[seed] for seed in seeds) if set(seeds) <= ends.keys() else ()


def direction(found: Sequence[Record], dataset: str, select: str) -> tuple[Direction, str]:
    """Which way a score is better on a data set, as records of it say; and why it can't select there, or ''."""
    how = reading_of(found, dataset, select)
    about = [
        r["metrics"][select] for r in found if r["dataset"]["label"] == dataset and select in (r.get("metrics") or {})
    ]
    higher = bool(about[-1]["higher_is_better"]) if about else True
    return Direction(higher, how.real if how and how.two_sided else None), _why(how)


def unmeasured(trials: Sequence[Trial], select: str) -> str:
    """That seeds live, and none of any trial has a number of the score: that is no failure of the method. '' elsewhere."""
    ends = [end for trial in trials for end in trial.seeds]
    lacking = any(end.alive for end in ends) and all(end.value is None for end in ends)
    return f"seeds live, and no trial has a number of {select}" if lacking else ""


def _why(how: Reading | None) -> str:
    return how.why if how is not None and not how.tells else ""


def _last(record: Record, names: Sequence[str]) -> dict[tuple[str, int], float]:
    """(score, seed) -> its last value; none for what is no number."""
    rows = frame_of_rows(record, "score")
    rows = (
        rows[rows["name"].isin(names)].sort_values("step", kind="stable").drop_duplicates(["name", "seed"], keep="last")
    )
    ends = zip(rows["name"], rows["seed"], rows["value"].astype("float64"), strict=True)
    return {(str(name), int(seed)): float(value) for name, seed, value in ends if not isnan(value)}
