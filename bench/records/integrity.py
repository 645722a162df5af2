"""Whether a record is what was written: a checksum over its text, and in it one over each of its files.

What was truncated, replaced or edited is no result: it is named, left out, and run again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

FILE = "record.json"
DIGEST = 16  # bytes of a BLAKE2b checksum
MARK = ',\n "checksum": "'  # begins the last line of a sealed record
# without which a record still says what it says
SPARE = ("samples.npz", "film.npz", "samples.png", "weights.pt", "best.pt", "log.txt", "diagnostics.json")

Kind = type | tuple[type, ...]
TEXT: Kind = (str, type(None))
TABLE: Kind = (dict, type(None))
SHAPES: dict[str, Kind] = {  # of what readers look into, where it is there
    "suite": str, "key": str, "created": str, "dataset": dict, "method": dict, "seeds": list, "reason": TEXT, "train": TABLE,
    "metrics": TABLE, "protocols": TABLE, "floors": TABLE, "references": TABLE, "timing": TABLE, "memory": TABLE, "energy": TABLE,
    "device": TABLE, "versions": TABLE, "parameters": TABLE, "predictions": TABLE, "metric_errors": TABLE, "probe_errors": TABLE,
    "broken": (list, type(None)), "files": TABLE, "trial": TABLE, "tuned": TABLE, "precision": TEXT, "mapping": TEXT, "asks": TEXT,
    "commit": TEXT, "suite_commit": TEXT,
    "compile": TABLE, "outcomes": TABLE, "scored": TABLE,
}  # fmt: skip
NUMBERS = (
    "floors",
    "timing",
    "memory",
    "energy",
    "parameters",
    "predictions",
    "outcomes",
)  # tables of numbers, or of null
SPENT = ("timing", "memory", "energy", "parameters")  # of which none is below 0
TABLES = ("metrics", "protocols", "references")  # tables of tables
LONGEST = 200  # letters of a suite's name
COSTS = ("nfe", "lanes", "threads", "modes", "updates_per_step", "gradients_per_step", "samples_per_step")
STEPS = ("steps", "batch", "evaluate_every")  # of `train`


def sealed(record: Mapping[str, Any], folder: Path) -> str:
    """The text of record.json for a folder that holds all its other files: with their checksums, and one of itself."""
    files = {file.name: [file.stat().st_size, checksum(file.read_bytes())] for file in sorted(folder.iterdir())}
    told = {name: value for name, value in record.items() if name != "checksum"}  # one of before is no longer its
    body = json.dumps({**told, "files": files}, indent=1, allow_nan=False)
    return body.removesuffix("\n}") + f'{MARK}{checksum(body.encode())}"\n}}\n'


def unsealed(text: str, record: Mapping[str, Any]) -> str | None:
    """What is wrong with the text of a sealed record; None where nothing is, or where it was never sealed."""
    body, mark, rest = text.rpartition(MARK)
    if not mark:
        return "its checksum was taken out" if record.get("files") or "checksum" in record else None
    same = rest == f'{checksum((body + chr(10) + "}").encode())}"\n}}\n'
    return None if same else "it was changed since it was written"


def misshapen(record: Mapping[str, Any]) -> str | None:
    """Which entry of a record is not of its kind; None where all are."""
    for name, kind in SHAPES.items():
        if name in record and not isinstance(record[name], kind):
            return f"'{name}' is no {_first(kind).__name__}"
    if why := _unplain(record):
        return why
    train, references = record.get("train") or {}, record.get("references") or {}
    numbers = [(name, record.get(name)) for name in COSTS] + [(f"train.{name}", train.get(name)) for name in STEPS]
    for table in NUMBERS:
        numbers += [(f"{table}.{name}", value) for name, value in (record.get(table) or {}).items()]
    for table in TABLES:
        for name, value in (record.get(table) or {}).items():
            if not isinstance(value, dict):
                return f"'{table}.{name}' is no table"
    for name, held in references.items():
        numbers += [(f"references.{name}.{kind}", value) for kind, value in held.items()]
    if wrong := next((name for name, value in numbers if not _number(value)), None):
        return f"'{wrong}' is no number"
    if wrong := next((name for name, value in numbers if name.partition(".")[0] in SPENT and (value or 0) < 0), None):
        return f"'{wrong}' is below 0"
    if None in (record.get("parameters") or {}).values():
        return "'parameters' holds what is no number"
    if not _budget(train.get("budget")):
        return "'train.budget' is no budget"
    if not isinstance(record["method"].get("model"), TEXT):
        return "'method.model' is no word"
    for name, held in (record.get("protocols") or {}).items():
        if not isinstance(held.get("id"), TEXT):
            return f"'protocols.{name}.id' is no word"
    for name in ("dataset", "method"):
        if not isinstance(record[name].get("label"), str):
            return f"'{name}' has no label"
    parts = record["method"].get("options") or []
    for part in (record["dataset"], *(parts if isinstance(parts, list) else [None])):
        if not isinstance(part, dict) or not isinstance(part.get("options"), TABLE):
            return "the options of its data or of its method are no table"
    seen: set[int] = set()
    for entry in record["seeds"]:
        if not isinstance(entry, dict) or not _whole(entry.get("seed")):
            return "an entry of 'seeds' has no seed"
        if entry["seed"] in seen:
            return f"seed {entry['seed']} is there twice"
        seen.add(entry["seed"])
        if not (entry.get("step") is None or _whole(entry["step"])):
            return f"the step of seed {entry['seed']} is no number"
        if not isinstance(entry.get("outcome"), TEXT):
            return f"the outcome of seed {entry['seed']} is no word"
    return None


def _unplain(record: Mapping[str, Any]) -> str | None:
    """Which entry is not of the plain things that it is a list or a table of; None where all are."""
    if (name := record["suite"]) in ("", ".", "..") or len(name) > LONGEST or set(name) & set("/\\\0"):
        return "'suite' is no name of a folder"
    for table in ("metric_errors", "probe_errors"):
        if not all(isinstance(said, str) for said in (record.get(table) or {}).values()):
            return f"'{table}' holds what is no text"
    if not all(isinstance(name, str) for name in record.get("broken") or ()):
        return "'broken' holds what is no text"
    for name, held in (record.get("files") or {}).items():
        pair = isinstance(held, list) and len(held) == 2 and _whole(held[0]) and isinstance(held[1], str)
        if not pair or set(name) & set("/\\\0"):
            return f"'files' holds what is no file: {name!r}"
    for name, how in (record.get("metrics") or {}).items():
        bounds = how.get("bounds") if isinstance(how, dict) else None
        if bounds is not None and not (isinstance(bounds, list) and len(bounds) == 2 and all(map(_number, bounds))):
            return f"'metrics.{name}.bounds' are no bounds"
    return None


def spoiled(record: Mapping[str, Any], folder: Path, *, deep: bool | Collection[str] = False) -> str | None:
    """Which of its files is missing or another than it was written with; of those in `deep` (or all) the contents
    are looked at, of others the sizes alone.

    Those without which a record still says what it says are passed over.
    """
    for name, (size, known) in (record.get("files") or {}).items():
        if name in SPARE:
            continue
        try:
            if (folder / name).stat().st_size != size:
                return f"{name} has another length than it was written with"
            if (deep is True or (deep and name in deep)) and checksum((folder / name).read_bytes()) != known:
                return f"{name} was changed since it was written"
        except OSError as error:
            return f"{name} can't be read: {error.strerror}"
    return None


def intact(record: Mapping[str, Any], folder: Path, name: str) -> bool:
    """Whether a record has a file, and has it as it was written."""
    held = (record.get("files") or {}).get(name)
    try:
        return held is not None and checksum((folder / name).read_bytes()) == held[1]
    except OSError:
        return False


def checksum(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=DIGEST).hexdigest()


def _budget(held: object) -> bool:
    if held is None:
        return True
    return isinstance(held, dict) and _number(held.get("amount")) and isinstance(held.get("currency"), str)


def _first(kind: Kind) -> type:
    return kind[0] if isinstance(kind, tuple) else kind


def _number(value: object) -> bool:
    """A number that is finite, a flag, or none at all."""
    return value is None or (isinstance(value, int | float) and abs(value) <= sys.float_info.max)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
