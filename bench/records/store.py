"""Records on disk: one immutable folder per cell and block of seeds, and the tidy table of all of them.

`results/<suite>/<data set>/<method>-<key>/seeds-0-9/` holds record.json, scores.parquet, traces.parquet, diagnostics.json,
samples.npz and weights.pt. A record is written elsewhere, synced and renamed: it is whole or it is not there. There is no
index, so that two folders of results merge by copying.
"""

from __future__ import annotations

import hashlib
import json
import math
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.plugins.lazily import lazily
from bench.records import trace_diagnostics
from bench.records.atomically import sync as sync
from bench.records.atomically import write_atomically as write_atomically
from bench.records.costs import Row
from bench.records.current import current as current
from bench.records.drafts import drafted
from bench.records.integrity import FILE, misshapen, sealed, spoiled, unsealed
from bench.records.rows import KINDS, unreadable
from bench.records.scores import frame_of, read_tables, table
from bench.records.status import RESULTS as RESULTS  # part of what a store is asked for
from bench.records.status import SETTLED as SETTLED
from bench.records.status import STATUSES, richer, unknown
from bench.records.status import Record as Record
from bench.records.status import errors as errors
from bench.records.status import fate as fate
from bench.records.status import pretrained as pretrained
from bench.records.status import rank as rank
from bench.records.status import settled as settled
from bench.records.status import whole as whole
from bench.records.strict_json import RepeatedKey, halved, once, text_of
from bench.records.walking import walk

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

FORMAT = 1
NEEDED = ("suite", "dataset", "method", "key", "status", "seeds", "created")
RUNNING = ".running"  # what is under way: checkpoints, and records that are not whole yet
ROWS = tuple(f"{kind}s.parquet" for kind in KINDS)
LEFT_OUT = "the record is left out, and its seeds are run again"
TRIALS = ".trials"  # records of trials, below those of their suite: found by no one who does not name this folder


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
    scores that the new one lacks; no other is touched: a second one of a block gets a name of its own. The last one written
    is the newest of its cell, whatever the clock says.
    """
    record = {**record, "created": _after(str(record["created"]), _siblings(root / folder))}
    with drafting(root) as draft:
        table(scores).to_parquet(draft / "scores.parquet", index=False)
        table(traces).to_parquet(draft / "traces.parquet", index=False)
        if more is not None:
            more(draft)
        if record["status"] in RESULTS and not (draft / trace_diagnostics.FILE).exists():
            (draft / trace_diagnostics.FILE).write_text(trace_diagnostics.of_file(draft, record), encoding="utf-8")
        (draft / FILE).write_text(sealed(plain({"format": FORMAT, **record}), draft), encoding="utf-8", newline="\n")
        before = list((root / folder).glob(f"*/{FILE}"))
        target = rename(draft, root / folder / block_name([entry["seed"] for entry in record["seeds"]]))
    _supersede(before, record)
    return target


@contextmanager
def drafting(root: Path) -> Iterator[Path]:
    """An empty folder in which a record is made before it is renamed into its place; what is left of it goes."""
    (root / RUNNING).mkdir(parents=True, exist_ok=True)
    draft = root / RUNNING / drafted("record", secrets.token_hex(4))
    draft.mkdir()
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _siblings(folder: Path) -> Iterator[Record]:
    """The records of a cell, of all its keys: their folders differ in their last eight letters."""
    for other in folder.parent.glob("*") if folder.parent.is_dir() else ():
        if other.name[:-8] == folder.name[:-8]:
            found = (_read(file) for file in other.glob(f"*/{FILE}"))
            yield from (record for record in found if not isinstance(record, str))


def _after(created: str, others: Iterable[Record]) -> str:
    """A moment, or a microsecond after the newest of other records where a clock that was set back calls it earlier."""
    try:
        newest = max((datetime.fromisoformat(str(other["created"])) for other in others), default=None)
        if newest is not None and datetime.fromisoformat(created) <= newest:
            return (newest + timedelta(microseconds=1)).isoformat(timespec="microseconds")
    except (ValueError, TypeError):  # of a record that was made by hand
        pass
    return created


def rename(draft: Path, wanted: Path) -> Path:
    """Move a whole record into its place in one move, under a number where the name is taken; where it lies now."""
    for file in [*draft.iterdir(), draft]:
        sync(file)
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
        if isinstance(old, str):
            continue
        again = not settled(old) and old["key"] == record["key"]
        if again and {entry["seed"] for entry in old["seeds"]} <= seeds and not richer(old, record):
            shutil.rmtree(path.parent, ignore_errors=True)


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


def load_records(path: str | Path, *, deep: bool | Collection[str] = ROWS) -> list[Record]:
    """Every record below a folder, oldest first, each with its `folder`; what is no record, or is not as it was written, gets
    a warning and stays where it is. `deep`: files of which the contents are looked at, and not the lengths alone; True:
    all of them, and whether the numbers in them are those of its seeds. Whoever counts seeds asks for that: a record that
    is left out has no numbers, and no failures either.

    Records of trials (`tune:` of a suite) are no results of it, and lie in a folder that has to be named.
    """
    found = list[Record]()
    for file in sorted(p for p in walk(Path(path)) if p.name == FILE):
        if RUNNING in file.parts or TRIALS in file.relative_to(path).parts:
            continue
        record = _read(file, deep=deep)
        if isinstance(record, str):
            warnings.warn(f"{file}: {record}", stacklevel=2)
        elif why := unknown(record):
            warnings.warn(f"{file}: {why}; its record is skipped: read it with the version that wrote it", stacklevel=2)
        else:
            found.append(record | {"folder": str(file.parent)})
    if deep is True:
        found = list(_usable(found))
    first: dict[tuple[object, ...], Record] = {}
    for record in found:  # two folders that were merged may hold one record twice
        first.setdefault(identity(record), record)
    return sorted(first.values(), key=lambda record: str(record["created"]))


def _usable(records: Sequence[Record]) -> Iterator[Record]:
    """Those without rows that can't be used; the others get a warning."""
    came = [record for record in records if record["status"] in RESULTS]
    wrong = {str(record["folder"]): why for record, why in zip(came, unreadable(came), strict=True) if why}
    for record in records:
        if why := wrong.get(str(record["folder"])):
            warnings.warn(f"{record['folder']}/{FILE}: {why}; {LEFT_OUT}", stacklevel=3)
        else:
            yield record


def identity(record: Record) -> tuple[object, ...]:
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


def _read(file: Path, *, deep: bool | Collection[str] = ()) -> Record | str:
    """A record, or why it can't be used, in a line."""
    try:
        text = text_of(file)
        record = json.loads(text, object_pairs_hook=once)
    except RepeatedKey as error:
        return f"{error}; {LEFT_OUT}"
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else "it can't be read"
        return f"not a record of this program, skipped: {why}"
    if not isinstance(record, dict) or record.get("format") != FORMAT or any(name not in record for name in NEEDED):
        return "not a record of this program, skipped"
    if why := halved(text, record):
        return f"{why}; {LEFT_OUT}"
    if not isinstance(record["status"], str) or record["status"] not in STATUSES:
        return f"not a record of this program, skipped: its status is {record['status']!r}"
    why = unsealed(text, record) or misshapen(record) or spoiled(record, file.parent, deep=deep)
    return record if why is None else f"{why}; {LEFT_OUT}"


def load(
    path: str | Path,
    *,
    everything: bool = False,
    kinds: Collection[str] = KINDS,
    found: Sequence[Record] | None = None,
    compact: bool = False,
) -> pd.DataFrame:
    """All results below a folder as one tidy table: a row for each seed, step and name.

    `kind` is score, trace or cost. Of a cell that was run under several keys the plan's counts (`current`), and of a seed that
    was run twice the newest result; `everything` keeps them all. What a metric or a probe measured before it broke is in
    the record's files and not in the table: its last number is not the end of training's. `kinds` are the files to be read
    (there are many more traces than scores), `found` the records where they have been read already; `compact` has text as
    categories.
    """
    if found is None:
        found = load_records(path, deep=True)
    chosen = []
    taken: set[tuple[object, ...]] = set()
    records = sorted(found if everything else current(found), key=rank, reverse=True)
    for record, tables in zip(records, read_tables(records, kinds), strict=True):
        cell = (record["suite"], record["dataset"]["label"], record["method"]["label"])
        seeds = [e["seed"] for e in record["seeds"] if everything or (*cell, e["seed"]) not in taken]
        if tables is not None:
            taken |= {(*cell, seed) for seed in seeds}
            chosen.append((record, seeds, tables))
    return frame_of(chosen[::-1], compact)


def refresh_csv(root: Path) -> None:
    """results/<suite>/scores.csv: every score as one line, for a spreadsheet."""
    table = load(root)
    scores = table[table["kind"] == "score"].drop(columns="kind")
    scores = scores.sort_values(["dataset", "method", "seed", "step", "name"], kind="stable")
    write_atomically(root / "scores.csv", lambda draft: scores.to_csv(draft, index=False))
