"""Records on disk: one immutable folder per cell and block of seeds, and the tidy table of all of them.

`results/<suite>/<data set>/<method>-<key>/seeds-0-9/` holds record.json, scores.parquet, traces.parquet, samples.npz
and samples.png. A record is written elsewhere, synced and renamed: it is whole or it is not there. There is no index,
so that two folders of results merge by copying.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.records.costs import Row, costs
from bench.records.status import RESULTS as RESULTS  # part of what a store is asked for
from bench.records.status import STATUSES, richer, unknown
from bench.records.status import Record as Record
from bench.records.status import errors as errors
from bench.records.status import fate as fate
from bench.records.status import rank as rank
from bench.records.status import settled as settled
from bench.records.status import whole as whole

FORMAT = 1
NEEDED = ("suite", "dataset", "method", "key", "status", "seeds", "created")
RUNNING = ".running"  # what is under way: checkpoints, and records that are not whole yet
TRIALS = ".trials"  # records of trials, below those of their suite: found by no one who does not name this folder
COLUMNS = [
    "suite", "dataset", "method", "model", "seed", "step", "kind", "name", "value",
    "outcome", "outcome_step", "status", "key", "protocol", "precision", "device", "created",
]  # fmt: skip


def block_name(seeds: Sequence[int]) -> str:
    """`seeds-0-9`; seeds that do not follow one another carry a hash as well."""
    name = f"seeds-{min(seeds)}-{max(seeds)}" if seeds else "seeds-none"
    if list(seeds) == [seeds[0] + k for k in range(len(seeds))]:  # of their number: they may lie far apart
        return name
    return f"{name}-{hashlib.sha256(repr(tuple(seeds)).encode()).hexdigest()[:6]}"


def unwritable(folder: Path) -> str | None:
    """Why nothing can be written into a folder, in half a sentence; None where it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return error.strerror or str(error)


def commit(
    root: Path,
    folder: Path,
    record: Mapping[str, Any],
    scores: Iterable[Row] = (),
    traces: Iterable[Row] = (),
    more: Callable[[Path], None] | None = None,
) -> Path:
    """Write one record under root / folder; `more(path)` adds further files. Returns where it lies.

    A record of the same seeds that would be run again (`settled`) is removed once the new one is in place, unless it has
    scores that the new one lacks; no other is touched: a second one of a block gets a name of its own.
    """
    (root / RUNNING).mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="record-", dir=root / RUNNING))
    try:
        _table(scores).to_parquet(draft / "scores.parquet", index=False)
        _table(traces).to_parquet(draft / "traces.parquet", index=False)
        if more is not None:
            more(draft)
        text = json.dumps(plain({"format": FORMAT, **record}), indent=1, allow_nan=False)
        (draft / "record.json").write_text(text + "\n", encoding="utf-8")
        draft.chmod(0o755)
        for file in [*draft.iterdir(), draft]:
            sync(file)
        before = list((root / folder).glob("*/record.json"))
        target = _rename(draft, root / folder / block_name([entry["seed"] for entry in record["seeds"]]))
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _supersede(before, record)
    return target


def _rename(draft: Path, wanted: Path) -> Path:
    wanted.parent.mkdir(parents=True, exist_ok=True)
    for target in [wanted, *(wanted.with_name(f"{wanted.name}.{k}") for k in range(2, 1000))]:
        if target.exists():
            continue
        try:
            draft.rename(target)
        except OSError:
            if not target.exists():
                raise
            continue
        sync(target.parent)
        return target
    raise FileExistsError(f"{wanted} has a thousand copies")


def _supersede(paths: Sequence[Path], record: Mapping[str, Any]) -> None:
    seeds = {entry["seed"] for entry in record["seeds"]}
    for path in paths:
        old = _read(path)
        again = old is not None and not settled(old) and old["key"] == record["key"]
        if old and again and {entry["seed"] for entry in old["seeds"]} <= seeds and not richer(old, record):
            shutil.rmtree(path.parent, ignore_errors=True)


def sync(path: Path) -> None:
    """Flush a file or a folder to disk before anything relies on it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """`write(temporary)` and rename: a reader of `path` sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(draft)
        sync(draft)
        draft.replace(path)
        sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def plain(value: Any) -> Any:
    """Anything of a record as JSON; a number that is not finite is null."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, bool | int | str | None) else str(value)


def _table(rows: Iterable[Row]) -> pd.DataFrame:
    seeds, steps, names, values = zip(*rows, strict=True) if (rows := list(rows)) else ((), (), (), ())
    return pd.DataFrame(
        {
            "seed": np.array(seeds, np.int64),
            "step": np.array(steps, np.int64),
            "name": pd.array(names, "str"),
            "value": pd.array(values, pd.Float64Dtype()),
        }
    )


def load_records(path: str | Path) -> list[Record]:
    """Every record below a folder, oldest first, each with its `folder`; what is no record gets a warning and stays.

    Records of trials (`tune:` of a suite) are no results of it, and lie in a folder that has to be named.
    """
    found, known = [], set()
    for file in sorted(Path(path).rglob("record.json")):
        if RUNNING in file.parts or TRIALS in file.relative_to(path).parts:
            continue
        record = _read(file)
        if record is None:
            warnings.warn(f"{file}: not a record of this program, skipped", stacklevel=2)
        elif why := unknown(record):
            warnings.warn(f"{file}: {why}; its record is skipped: read it with the version that wrote it", stacklevel=2)
        elif (same := _identity(record)) not in known:  # two folders that were merged may hold one record twice
            known.add(same)
            found.append(record | {"folder": str(file.parent)})
    return sorted(found, key=lambda record: str(record["created"]))


def _identity(record: Record) -> tuple[object, ...]:
    """What two copies of a record share, and no two records: it was written once, at one moment."""
    seeds = tuple(entry["seed"] for entry in record["seeds"])
    return (
        record["suite"],
        record["dataset"]["label"],
        record["method"]["label"],
        record["key"],
        str(record["created"]),
        seeds,
    )


def _read(file: Path) -> Record | None:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        sound = (
            record["format"] == FORMAT
            and all(name in record for name in NEEDED)
            and all(isinstance(record[name]["label"], str) for name in ("dataset", "method"))
            and record["status"] in STATUSES
            and all(isinstance(entry["seed"], int) for entry in record["seeds"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if sound else None


def current(found: Sequence[Record]) -> list[Record]:
    """The records that count, oldest first: of each cell those of its newest key, results before failures."""
    newest: dict[tuple[str, str, str], Record] = {}
    for record in found:
        cell = (record["suite"], record["dataset"]["label"], record["method"]["label"])
        held = newest.get(cell)
        if held is None or _rank(record) >= _rank(held):
            newest[cell] = record
    keys = {cell: record["key"] for cell, record in newest.items()}
    return [r for r in found if keys[r["suite"], r["dataset"]["label"], r["method"]["label"]] == r["key"]]


def _rank(record: Record) -> tuple[bool, str]:
    return record["status"] in RESULTS, str(record["created"])


def load(path: str | Path, *, everything: bool = False) -> pd.DataFrame:
    """All results below a folder as one tidy table: a row for each seed, step and name.

    `kind` is score, trace or cost. Of a cell that was run under several keys the newest key counts, and of a seed that
    was run twice the newest result; `everything` keeps them all. What a metric or a probe measured before it broke is in
    the record's files and not in the table: its last number is not the end of training's.
    """
    found = load_records(path)
    parts = []
    taken: set[tuple[object, ...]] = set()
    for record in sorted(found if everything else current(found), key=rank, reverse=True):
        cell = (record["suite"], record["dataset"]["label"], record["method"]["label"])
        seeds = [e["seed"] for e in record["seeds"] if everything or (*cell, e["seed"]) not in taken]
        taken |= {(*cell, seed) for seed in seeds}
        if (rows := _rows(record, seeds)) is not None:
            parts.append(rows)
    parts = [part for part in reversed(parts) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _rows(record: Record, seeds: Sequence[int]) -> pd.DataFrame | None:
    tables = []
    for kind in ("score", "trace"):
        file = Path(record["folder"]) / f"{kind}s.parquet"
        try:
            tables.append(pd.read_parquet(file)[["seed", "step", "name", "value"]].assign(kind=kind))
        except (OSError, ValueError, KeyError) as error:  # ArrowInvalid is a ValueError
            if record["status"] in RESULTS:
                warnings.warn(f"{file}: can't be read ({type(error).__name__}), its record is skipped", stacklevel=3)
            return None
    tables.append(_table(costs(record)).assign(kind="cost"))
    rows = pd.concat([t for t in tables if len(t)] or tables[:1], ignore_index=True)
    rows["value"] = rows["value"].astype("float64")
    fates = {entry["seed"]: fate(record, entry) for entry in record["seeds"]}
    rows = rows[rows["seed"].isin(seeds) & ~rows["name"].isin(record.get("broken") or [])]
    protocols = record.get("protocols") or {}
    return rows.assign(
        suite=record["suite"],
        dataset=record["dataset"]["label"],
        method=record["method"]["label"],
        model=record["method"].get("model"),
        outcome=[fates[seed][0] for seed in rows["seed"]],
        outcome_step=np.array([fates[seed][1] for seed in rows["seed"]], dtype="float64"),
        status=record["status"],
        key=record["key"],
        protocol=[_protocol(protocols.get(name)) for name in rows["name"]],
        precision=record.get("precision"),
        device=(record.get("device") or {}).get("kind"),
        created=record["created"],
    )[COLUMNS]


def _protocol(protocol: Any) -> Any:
    """The protocol id of a metric; numbers of different ids are not comparable."""
    return protocol.get("id") if isinstance(protocol, Mapping) else protocol


def refresh_csv(root: Path) -> None:
    """results/<suite>/scores.csv: every score as one line, for a spreadsheet."""
    table = load(root)
    scores = table[table["kind"] == "score"].drop(columns="kind")
    write_atomically(root / "scores.csv", lambda draft: scores.to_csv(draft, index=False))
