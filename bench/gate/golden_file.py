"""Golden trajectories on disk: JSON lines, a header, then one sorted line for each data set and each seed of each cell.

    {"golden": 2, "machine": "…", "vectors": "AVX2", "torch": "2.11.0", "python": "3.11.7"}
    {"dataset": "ring", "numbers": {"training data's mean": 0.01, …}}
    {"dataset": "ring", "method": "GAN", "seed": 0, "numbers": {"grad_norm_D at step 1": 0.12, …}}

A number that was not finite is the text "nan", "inf" or "-inf". A line that was recorded elsewhere than the header says has
`made` of its own. Version 1 had neither lines of data sets nor the kind of vectors, and null for what was not finite. A
file is replaced by a command (`bench golden record`), never silently.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, nan
from pathlib import Path
from typing import Any

from bench.gate.baseline import BaselineError
from bench.records.store import write_atomically
from bench.records.strict_json import text_of

VERSION, READABLE = 2, (1, 2)
DIGITS = 9
ROUNDING = ("machine", "vectors", "torch")  # what decides how sums are rounded
NOT_FINITE = ("nan", "inf", "-inf")
RESTORE = "restore it from version control, or replace it with 'bench golden record' if today's numbers are right"
DATA = ""  # in the place of a method: the data set itself

Numbers = dict[str, float]


class GoldenError(BaselineError):
    """Golden trajectories that can't be used: a line for each fault with the file, the line and the remedy."""


@dataclass(frozen=True, order=True)
class Line:
    """One seed of one cell, or a data set."""

    dataset: str
    method: str
    seed: int
    numbers: Numbers = field(compare=False)
    made: Mapping[str, str] = field(compare=False, default_factory=dict)  # machine, vectors, torch

    @property
    def key(self) -> tuple[str, str, int]:
        return self.dataset, self.method, self.seed

    @property
    def cell(self) -> str:
        return f"{self.dataset} / {self.method}" if self.method else f"{self.dataset}, the data itself"

    @property
    def label(self) -> str:
        return f"{self.cell}, seed {self.seed}" if self.method else self.cell


@dataclass(frozen=True)
class Golden:
    """What was recorded; and the cells that came to no trajectory, with the reason."""

    lines: tuple[Line, ...]
    python: str = ""
    broken: Mapping[tuple[str, str], str] = field(default_factory=dict)  # data set, method -> reason


def text(golden: Golden) -> str:
    """The file's content; equal trajectories give equal bytes."""
    common = Counter(_rounding(line) for line in golden.lines).most_common(1)[0][0]
    header = {"golden": VERSION, **dict(zip(ROUNDING, common, strict=True)), "python": golden.python}
    return "".join(
        json.dumps(row, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
        for row in [header, *(_row(line, common) for line in sorted(golden.lines))]
    )


def write(path: Path, golden: Golden) -> None:
    """The file, complete or not at all."""
    whole = text(golden)
    write_atomically(path, lambda draft: draft.write_text(whole, encoding="utf-8"))


def _rounding(line: Line) -> tuple[str, ...]:
    return tuple(line.made.get(word, "") for word in ROUNDING)


def _row(line: Line, common: tuple[str, ...]) -> dict[str, Any]:
    numbers = {name: float(f"{v:.{DIGITS}g}") if isfinite(v) else str(v) for name, v in line.numbers.items()}
    row: dict[str, Any] = {"dataset": line.dataset, "numbers": numbers}
    if line.method != DATA:
        row |= {"method": line.method, "seed": line.seed}
    return row if _rounding(line) == common else row | {"made": dict(zip(ROUNDING, _rounding(line), strict=True))}


def read(path: Path) -> Golden:
    """Trajectories from their file. Raises GoldenError, which names every line that can't be used."""
    try:
        rows = text_of(path).splitlines()
    except FileNotFoundError:
        raise GoldenError(f"{path}: there is no such file; 'bench golden record' makes it") from None
    except (OSError, UnicodeDecodeError) as broken:
        why = getattr(broken, "strerror", None) or "not a text file"
        raise GoldenError(f"{path}: can't be read ({why}); {RESTORE}") from None
    if not any(row.strip() for row in rows):
        raise GoldenError(f"{path}: the file is empty; {RESTORE}")
    try:
        version, made, python = _header(_json(rows[0]))
    except ValueError as fault:
        raise GoldenError(f"{path}:1: {fault}; {RESTORE}") from None
    faults, lines = [], {}
    for number, row in enumerate(rows[1:], start=2):
        if row.strip():
            try:
                line = _line(_json(row), made, version)
                if line.key in lines:
                    raise ValueError(f"{line.label} stands there twice")
                lines[line.key] = line
            except ValueError as fault:
                faults.append(f"{path}:{number}: {fault}; {RESTORE}")
    if not lines and not faults:
        faults = [f"{path}: a header and no trajectory; {RESTORE}"]
    if faults:
        raise GoldenError("\n".join(faults))
    return Golden(tuple(sorted(lines.values())), python)


def _json(row: str) -> dict[str, Any]:
    try:
        found = json.loads(row, parse_constant=_refuse, object_pairs_hook=_once)
    except json.JSONDecodeError as broken:
        raise ValueError(f"not a whole line of JSON ({broken.msg} at column {broken.colno})") from None
    except RecursionError:
        raise ValueError("nested too deep to be read") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def _refuse(word: str) -> float:
    raise ValueError(f'{word} is no JSON: a number that was not finite is a text, "nan", "inf" or "-inf"')


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if twice := [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]:
        raise ValueError(f"'{twice[0]}' stands there twice")
    return dict(pairs)


def _header(row: dict[str, Any]) -> tuple[int, dict[str, str], str]:
    if "golden" not in row:
        raise ValueError("no header of golden trajectories: this is some other file, or its first line was lost")
    if row["golden"] not in READABLE or isinstance(row["golden"], bool):
        known = " and ".join(map(str, READABLE))
        raise ValueError(f"version {row['golden']!r} of golden trajectories, and this program reads {known}")
    _keys(row, ("golden", "python", *ROUNDING))
    made = {word: _text(row, word, default="") for word in (*ROUNDING, "python")}
    return row["golden"], {word: made[word] for word in ROUNDING}, made["python"]


def _line(row: dict[str, Any], made: Mapping[str, str], version: int) -> Line:
    _keys(row, ("dataset", "method", "seed", "numbers", "made"))
    named = "method" in row or "seed" in row or version == 1
    dataset, method = _text(row, "dataset"), _text(row, "method") if named else DATA
    seed, numbers, own = row.get("seed") if named else 0, row.get("numbers"), row.get("made", made)
    if named and not method:
        raise ValueError("'method' is empty")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError(f"'seed' is {json.dumps(seed)}, not a whole number" if "seed" in row else "'seed' is missing")
    if not isinstance(numbers, dict) or not numbers:
        raise ValueError("'numbers' is missing, empty or not a mapping")
    if not isinstance(own, Mapping) or not all(isinstance(own.get(word), str) for word in ROUNDING):
        raise ValueError(f"'made' does not say {', '.join(ROUNDING)}")
    return Line(dataset, method, seed, {name: _number(name, v, version) for name, v in numbers.items()}, dict(own))


def _keys(row: Mapping[str, Any], known: tuple[str, ...]) -> None:
    if unknown := [name for name in row if name not in known]:
        raise ValueError(f"'{unknown[0]}' is no key of such a line (known: {', '.join(known)})")


def _text(row: Mapping[str, Any], word: str, default: str | None = None) -> str:
    value = row.get(word, default)
    if not isinstance(value, str):
        raise ValueError(f"'{word}' is {json.dumps(value)}, not a text" if word in row else f"'{word}' is missing")
    return value


def _number(name: str, value: Any, version: int) -> float:
    if value is None and version == 1:
        return nan
    if value is None:
        raise ValueError(f"'{name}' is null: its number is missing")
    if value in NOT_FINITE or (isinstance(value, int | float) and not isinstance(value, bool)):
        return float(value)
    raise ValueError(f"'{name}' is {json.dumps(value)}, not a number")
