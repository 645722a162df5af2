"""The numbers of a record as a tidy table: its scores, its traces, its costs."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from bench.plugins.lazily import lazily
from bench.records.costs import Row, of_each
from bench.records.made_under import made_under
from bench.records.rows import KINDS, UnreadableRows, read_rows
from bench.records.status import RESULTS, Record, fate

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

COLUMNS = [
    "suite", "dataset", "method", "model", "seed", "step", "kind", "name", "value",
    "outcome", "outcome_step", "status", "key", "protocol", "data", "budget", "precision", "device", "torch", "created",
]  # fmt: skip
ABOUT = [
    "suite",
    "dataset",
    "method",
    "model",
    "status",
    "key",
    "data",
    "budget",
    "precision",
    "device",
    "torch",
    "created",
]


def table(rows: Iterable[Row]) -> pd.DataFrame:
    """Rows as a record keeps them: seed, step, name, value."""
    seeds, steps, names, values = zip(*rows, strict=True) if (rows := list(rows)) else ((), (), (), ())
    return pd.DataFrame(
        {
            "seed": np.array(seeds, np.int64),
            "step": np.array(steps, np.int64),
            "name": pd.array(names, "str"),
            "value": pd.array(values, pd.Float64Dtype()),
        }
    )


def read_tables(records: Sequence[Record], kinds: Collection[str] = KINDS) -> list[Tables | None]:
    """The files of some records; None where they can't be read, with a warning where the record came to a result."""
    with ThreadPoolExecutor(2) as pool:  # reading releases the interpreter's lock
        read = list(pool.map(lambda record: _read(record, kinds), records))
    for record, one in zip(records, read, strict=True):
        if isinstance(one, str) and record["status"] in RESULTS:
            warnings.warn(one, stacklevel=3)
    return [None if isinstance(one, str) else one for one in read]


def frame_of(chosen: Sequence[tuple[Record, Sequence[int], Tables]], compact: bool = False) -> pd.DataFrame:
    """The rows of some seeds of some records, one record after the other, and what these cost.

    `compact`: text as categories, a tenth of the memory.
    """
    _column = _categories if compact else _texts
    parts = [part for one in chosen if (part := _part(*one)).count]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    counts = [part.count for part in parts]
    table: dict[str, Any] = {name: _column(*_repeated([part.about[name] for part in parts], counts)) for name in ABOUT}
    for name in ("kind", "name", "outcome", "protocol"):
        table[name] = _column(*_joined([part.words[name] for part in parts]))
    for name in ("seed", "step", "value", "outcome_step"):
        table[name] = np.concatenate([part.numbers[name] for part in parts])
    return pd.DataFrame({name: table[name] for name in COLUMNS})


@dataclass(frozen=True)
class _Words:
    """Words of some rows: each once, and which of them every row has; -1 for none."""

    words: Sequence[Any]
    codes: np.ndarray


Columns: TypeAlias = tuple[str, np.ndarray, np.ndarray, _Words, np.ndarray]  # kind, seed, step, name, value
Tables: TypeAlias = Sequence[Columns]


@dataclass(frozen=True)
class _Part:
    """The rows of one record."""

    count: int
    about: Mapping[str, Any]  # what all of them share
    words: Mapping[str, _Words]
    numbers: Mapping[str, np.ndarray]


def _read(record: Record, kinds: Collection[str]) -> Tables | str:
    """Its tables, or why they can't be read, in a line."""
    tables = []
    for kind in kinds:
        try:
            held = read_rows(record, kind)
        except UnreadableRows as error:
            return f"{record['folder']}: {error}; the record is left out, and its seeds are run again"
        name = held["name"].combine_chunks()
        tables.append((kind, held["seed"].to_numpy(), held["step"].to_numpy(), _words(name), _floats(held["value"])))
    return tables


def _words(encoded: Any) -> _Words:
    return _Words(encoded.dictionary.to_pylist(), np.asarray(encoded.indices.fill_null(-1)))


def _floats(column: Any) -> np.ndarray:
    return np.asarray(column.to_numpy(), dtype=np.float64)  # null is NaN


def _part(record: Record, seeds: Sequence[int], tables: Sequence[Columns]) -> _Part:
    tables = [*tables, _costs(record)]
    kinds = _Words([kind for kind, *_ in tables], np.repeat(range(len(tables)), [len(one[1]) for one in tables]))
    name = _together([one[3] for one in tables])
    numbers = {what: np.concatenate([one[k] for one in tables]) for what, k in (("seed", 1), ("step", 2), ("value", 4))}
    entries = sorted(record["seeds"], key=lambda entry: int(entry["seed"]))
    broken = set(record.get("broken") or [])
    if len(seeds) < len(entries) or broken:
        sound = ~np.array([word in broken for word in name.words] + [False])[name.codes]
        kept = np.flatnonzero(np.isin(numbers["seed"], list(seeds)) & sound)
        numbers = {what: column[kept] for what, column in numbers.items()}
        kinds, name = _Words(kinds.words, kinds.codes[kept]), _Words(name.words, name.codes[kept])
    which = np.searchsorted([int(entry["seed"]) for entry in entries], numbers["seed"])
    fates = [fate(record, entry) for entry in entries]
    since = np.array([step for _, step in fates], dtype="float64")
    numbers["outcome_step"] = since[which] if fates else np.empty(0)
    protocols = record.get("protocols") or {}
    words = {
        "kind": kinds,
        "name": name,
        "outcome": _Words([end for end, _ in fates], which),
        "protocol": _Words([_protocol(protocols.get(word)) for word in name.words], name.codes),
    }
    about = {
        "suite": record["suite"],
        "dataset": record["dataset"]["label"],
        "method": record["method"]["label"],
        "model": record["method"].get("model"),
        "status": record["status"],
        "key": record["key"],
        **made_under(record),
        "created": record["created"],
    }
    return _Part(len(which), about, words, numbers)


def _costs(record: Record) -> Columns:
    step, every = of_each(record)
    seeds = np.array([entry["seed"] for entry in record["seeds"]], dtype=np.int64)
    n, k = len(seeds), len(every)
    name = _Words(list(every), np.tile(np.arange(k), n))
    return (
        "cost",
        np.repeat(seeds, k),
        np.full(n * k, step),
        name,
        np.tile(np.array(list(every.values()), dtype=np.float64), n),
    )


def _together(parts: Sequence[_Words]) -> _Words:
    """Words of several tables, each once."""
    words = list(dict.fromkeys(word for part in parts for word in part.words))
    place = {word: k for k, word in enumerate(words)}
    codes = [np.array([*(place[word] for word in part.words), -1])[part.codes] for part in parts]
    return _Words(words, np.concatenate(codes))


def _joined(parts: Sequence[_Words]) -> tuple[Sequence[Any], np.ndarray]:
    whole = _together(parts)
    return whole.words, whole.codes


def _repeated(words: Sequence[Any], counts: Sequence[int]) -> tuple[Sequence[Any], np.ndarray]:
    held = list(dict.fromkeys(words))
    place = {word: k for k, word in enumerate(held)}
    return held, np.repeat([place[word] for word in words], counts)


def _texts(words: Sequence[Any], codes: np.ndarray) -> pd.Series[Any]:
    """A text column, absent where a word is None or a code -1."""
    held = pd.Series([None if word is None else str(word) for word in words] + [None], dtype="str")
    return held.take(codes % len(held)).reset_index(drop=True)


def _categories(words: Sequence[Any], codes: np.ndarray) -> pd.Series[Any]:
    """The same as categories in the order of the alphabet, so that they sort as text does."""
    held = sorted({str(word) for word in words if word is not None})
    place = {word: k for k, word in enumerate(held)}
    places = np.array([-1 if word is None else place[str(word)] for word in words] + [-1], dtype=np.int64)
    return pd.Series(pd.Categorical.from_codes(places[codes], categories=pd.Index(held, dtype="str")))


def _protocol(protocol: Any) -> Any:
    """The protocol id of a metric; numbers of different ids are not comparable."""
    return protocol.get("id") if isinstance(protocol, Mapping) else protocol
