"""A folder of results as a table in which every seed has an outcome."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.plugins.lazily import lazily
from bench.records import store
from bench.records.in_suite import in_suite
from bench.records.made_under import made_under
from bench.records.readings import reading
from bench.records.scores import COLUMNS
from bench.stats.measure import Measure

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

FATE = "fate"  # the kind of the row that every seed has, even one that was never measured


def frame(root: Path, keys: Collection[str] | None = None) -> pd.DataFrame:
    """`store.load`, with the seeds of blocks that came to no result: their outcome is the block's status.

    Every seed of every counted record has at least one row, of kind "fate", so that a seed that died before it was
    measured is not overlooked. With `keys`, only records of these keys count: today's code, and nothing older. Without,
    those of the cells that the suite beside them asks for.
    """
    found = store.load_records(root, deep=True) if root.is_dir() else []
    kept = in_suite(root, found)[0] if keys is None else [record for record in found if record["key"] in keys]
    found = store.current(kept)
    found = sorted(found, key=store.rank)
    fates = {}
    for record in found:  # results last: they win
        about = _about(record)
        for entry in record["seeds"]:
            outcome, step = store.fate(record, entry)
            fates[record["dataset"]["label"], record["method"]["label"], int(entry["seed"])] = {
                **about, "seed": int(entry["seed"]), "outcome": outcome, "outcome_step": step,
            }  # fmt: skip
    if not fates:
        return pd.DataFrame(columns=COLUMNS)
    rows = store.load(root, everything=True, found=found)
    counted = {(*cell, fate["created"]): fate["outcome"] for cell, fate in fates.items()}
    names = zip(rows["dataset"], rows["method"], rows["seed"].astype(int), rows["created"], strict=True)
    outcomes = pd.Series([counted.get(name, "") for name in names], index=rows.index, dtype="str")
    rows = rows.assign(outcome=outcomes)[outcomes != ""]
    more = pd.DataFrame(list(fates.values()), columns=COLUMNS)
    more = more.astype({"value": "float64", "outcome_step": "float64"})
    return pd.concat([rows, more], ignore_index=True) if len(rows) else more


def metric_directions(records: Sequence[store.Record]) -> dict[str, Measure]:
    """Which way every score is better, as the records say it."""
    found: dict[str, Measure] = {}
    for record in records:
        for name, how in (record.get("metrics") or {}).items():
            scale = "log" if how.get("scale") == "log" else "linear"
            found[name] = Measure(bool(how["higher_is_better"]), scale)  # type: ignore[arg-type]
    return found


def measures_there(records: Sequence[store.Record]) -> dict[tuple[str, str], Measure]:
    """What every score means on one data set, by (data set, score): real data's value of a two-sided one, and whether it
    tells real data from what is wrong. Records of before 0.2 know neither: their scores are compared as they are."""
    found: dict[tuple[str, str], Measure] = {}
    for record in records:
        plain, known = metric_directions([record]), record.get("references") or {}
        for name, measure in plain.items():
            if name not in known:
                continue
            how = reading(record, name)
            if how.two_sided and isfinite(how.real):
                measure = Measure(higher_is_better=False, target=how.real)
            found[record["dataset"]["label"], name] = replace(measure, tells=how.tells)
    return found


def outcome_protocol(record: Mapping[str, Any]) -> str | None:
    """What the outcomes of a record's seeds are told from: the protocol of quality and the rule; None without quality."""
    quality = (record.get("protocols") or {}).get("quality")
    if not quality:
        return None
    rule = (f"{name} {value:g}" for name, value in (record.get("outcomes") or {}).items())
    return ", ".join([str(quality.get("id")) if isinstance(quality, Mapping) else str(quality), *rule])


def _about(record: store.Record) -> dict[str, Any]:
    return {
        "suite": record["suite"],
        "dataset": record["dataset"]["label"],
        "method": record["method"]["label"],
        "model": record["method"].get("model"),
        "step": int((record.get("train") or {}).get("steps") or 0),
        "kind": FATE,
        "name": "",
        "status": record["status"],
        "key": record["key"],
        "protocol": outcome_protocol(record),
        **made_under(record),
        "created": record["created"],
    }
