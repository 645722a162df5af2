"""The rows of a record's files, as every reader sees them: seed, step, name, value.

They are looked at as they are read: a checksum says that nobody changed a file, and not that what was written are numbers of
these seeds, each once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.plugins.lazily import lazily
from bench.stats.measure import LARGEST
from bench.stats.outcomes import DIVERGED, DONE

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from pyarrow import parquet, types
else:
    pd, pa, parquet = lazily("pandas"), lazily("pyarrow"), lazily("pyarrow.parquet")
    types = lazily("pyarrow.types")

ROUNDED = 1e-5  # by which a value may lie beyond a bound, as a share of it or of 1
NAMES = ["seed", "step", "name", "value"]
KINDS = ("score", "trace")  # the files of a record


class UnreadableRows(ValueError):
    """A file of a record that can't be used; the message is one line, with the file's name."""


def read_rows(record: Mapping[str, Any], kind: str) -> pa.Table:
    """The columns `NAMES` of `<kind>s.parquet` (kind: score | trace) beside a record that knows its `folder`.

    seed and step are int64, name is a dictionary of texts, value is float64 with nulls. Raises UnreadableRows.
    """
    file = Path(record["folder"]) / f"{kind}s.parquet"
    try:
        held = parquet.ParquetFile(file).read(NAMES, use_threads=False)
        rows = _typed(held)
    except Exception as error:  # whatever a parquet reader says of bytes that are none
        why = str(error) if isinstance(error, UnreadableRows) else type(error).__name__
        raise UnreadableRows(f"{file.name} can't be read ({why})") from error
    seeds = {int(entry["seed"]) for entry in record["seeds"]}
    if wrong := _foreign(rows, seeds) or _impossible(rows, record, kind) or _unfinished(rows, record, kind):
        raise UnreadableRows(f"{file.name} can't be used: {wrong}")
    return rows


def unreadable(records: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """Why the rows of some records can't be used, in a line each; None where they can. Sealed ones are read once."""
    with ThreadPoolExecutor(2) as pool:  # reading releases the interpreter's lock
        return list(pool.map(_wrong, records))


_wrongs: dict[str, str | None] = {}  # by the checksum of a sealed record, which covers those of its files


def _wrong(record: Mapping[str, Any]) -> str | None:
    seal = str(record.get("checksum") or "")
    if seal not in _wrongs:
        why = None
        try:
            for kind in KINDS:
                read_rows(record, kind)
        except UnreadableRows as error:
            why = str(error)
        if not seal:
            return why
        _wrongs[seal] = why
    return _wrongs[seal]


def frame_of_rows(record: Mapping[str, Any], kind: str) -> pd.DataFrame:
    """The same as a table of pandas: seed and step int64, name text, value float64 (null is NaN). Raises UnreadableRows."""
    table = read_rows(record, kind)
    values = np.asarray(table["value"].to_numpy(), dtype=np.float64)
    columns = {"seed": table["seed"].to_numpy(), "step": table["step"].to_numpy()}
    return pd.DataFrame(columns | {"name": pd.array(table["name"].to_pylist(), "str"), "value": values})


def _typed(held: pa.Table) -> pa.Table:
    """Each column of its type, or UnreadableRows."""
    if held.column_names != NAMES:
        raise UnreadableRows(f"no column '{next(name for name in NAMES if name not in held.column_names)}'")
    if not held.num_rows:
        kinds = [pa.int64(), pa.int64(), pa.dictionary(pa.int32(), pa.string()), pa.float64()]
        return pa.table([pa.array([], kind) for kind in kinds], names=NAMES)
    for name in ("seed", "step"):
        if not types.is_integer(held.schema.field(name).type):
            raise UnreadableRows(f"its column '{name}' holds no whole numbers")
    text = held.schema.field("name").type
    if not (types.is_string(text) or types.is_large_string(text)):
        raise UnreadableRows("its column 'name' holds no text")
    kind = held.schema.field("value").type
    if not (types.is_floating(kind) or types.is_integer(kind) or types.is_null(kind)):
        raise UnreadableRows("its column 'value' holds no numbers")
    if any(held[name].null_count for name in NAMES[:3]):
        raise UnreadableRows("a row without a seed, a step or a name")
    columns = [
        held["seed"].cast(pa.int64()), held["step"].cast(pa.int64()),
        held["name"].combine_chunks().dictionary_encode(), held["value"].cast(pa.float64()),
    ]  # fmt: skip
    return pa.table(columns, names=NAMES)


def _impossible(rows: pa.Table, record: Mapping[str, Any], kind: str) -> str | None:
    """Which score is none that could be measured; None where none is. Traces may overflow on the way to a divergence."""
    if kind != "score" or not len(rows):
        return None
    value = np.asarray(rows["value"].to_numpy(), dtype=np.float64)
    names = rows["name"].combine_chunks()
    words, code = names.dictionary.to_pylist(), np.asarray(names.indices)
    how = record.get("metrics") or {}
    logs = np.array([(how.get(word) or {}).get("scale") == "log" for word in words], dtype=bool)
    low, high = np.array([_bounds(how.get(word) or {}) for word in words])[code].T
    beyond = (value < low - ROUNDED * np.maximum(1, abs(low))) | (value > high + ROUNDED * np.maximum(1, abs(high)))
    for wrong, why in (
        (beyond, "lies outside its bounds"),
        (np.isfinite(value) & (abs(value) > LARGEST), "is too large"),
        (logs[code] & (value < 0), "is below 0"),
    ):
        if wrong.any():
            at = int(wrong.argmax())
            return f"{words[code[at]]} = {value[at]:.3g} of seed {rows['seed'][at]} {why}"
    return None


def _unfinished(rows: pa.Table, record: Mapping[str, Any], kind: str) -> str | None:
    """Which score does not reach the end of training, though its seed and its metric did; None where none does."""
    steps = (record.get("train") or {}).get("steps")
    if not len(rows) or steps is None:
        return None
    seed, step = rows["seed"].to_numpy(), rows["step"].to_numpy()
    if step.max() > steps:
        return f"a step {step.max()} of {steps}"
    if kind != "score" or record["status"] != DONE:
        return None
    names = rows["name"].combine_chunks()
    words, code = names.dictionary.to_pylist(), np.asarray(names.indices)
    lost = set(record.get("broken") or ())
    asked = [k for k, word in enumerate(words) if word not in lost]
    for entry in record["seeds"]:
        of = seed == entry["seed"]
        for k in () if entry["outcome"] == DIVERGED.name else asked:
            if not len(reached := step[of & (code == k)]):
                return f"{words[k]} of seed {entry['seed']} is missing"
            if (last := reached.max()) < steps:
                return f"{words[k]} of seed {entry['seed']} ends at step {last} of {steps}"
    return None


def _bounds(how: Mapping[str, Any]) -> tuple[float, float]:
    """Of a metric, as its record has them: None is no bound."""
    low, high = how.get("bounds") or (None, None)
    return -inf if low is None else float(low), inf if high is None else float(high)


def _foreign(rows: pa.Table, seeds: set[int]) -> str | None:
    """Why rows are not those of these seeds, each once; None where they are."""
    seed, step = rows["seed"].to_numpy(), rows["step"].to_numpy()
    if strangers := set(np.unique(seed).tolist()) - seeds:
        return f"it has rows of seed {min(strangers)}, which the record lacks"
    if len(step) and step.min() < 0:
        return "a step below 0"
    if not len(step):
        return None
    code = np.asarray(rows["name"].combine_chunks().indices, dtype=np.int64)
    order = np.lexsort((step, code, seed))
    again = [np.diff(column[order]) == 0 for column in (seed, code, step)]
    return "a number is there twice" if np.logical_and.reduce(again).any() else None
