"""The committed baseline: JSON lines, a header, then one sorted line for each cell and metric.

    {"baseline": 1, "calibration": {…}, "protocols": {"ring8": {"modes_covered": "9f…"}}, "provenance": {…}}
    {"dataset": "ring8", "device": "cpu", …, "method": "GAN", "metric": "modes_covered", "null": 0.0, "seeds": [0, 1],
    "values": [8.0, null]}

    {"dataset": "ring8", "device": "cpu", …, "method": "GAN", "metric": "failures", "outcomes": ["ok", "diverged"], …}

In `values`, null is a dead seed; how seeds ended stands in `outcomes`. The number "null" is what the metric reads on the
first witness that it tells from real data (evaluation/references.py); it is absent where that is unknown, as "cells" (what
every cell was run with) is from headers of before 0.2. Every line has a checksum of its own, but for those of before. A file
is replaced by a command (`bench baseline promote`), never silently.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from bench.gate.rule import FAILURES
from bench.records.store import write_atomically
from bench.records.strict_json import strict_json, text_of
from bench.stats.measure import LARGEST, Floats, Measure
from bench.stats.outcomes import outcome
from bench.suite.waivers import CellMetric

VERSION = 1
CHECKSUM = "checksum"
DIGITS = 6
HEADER = ("protocols", "provenance", "calibration", "cells")  # mappings, each absent where nothing is known
DEPTH = {"protocols": 2, "provenance": 1, "calibration": 1, "cells": 3}  # mappings of mappings of …


class BaselineError(ValueError):
    """A baseline that can't be used: one line with the file, the line and the remedy."""


@dataclass(frozen=True)
class BaselineValues:
    """The seeds of one cell and metric."""

    key: CellMetric
    values: tuple[float, ...]  # as measured; NaN = dead
    seeds: tuple[int, ...]
    measure: Measure
    precision: str = ""
    device: str = ""  # kind, not name: numbers of two kinds are not compared
    null: float = float("nan")  # the metric on a witness (evaluation/references.py)
    outcomes: tuple[str, ...] = ()  # of a line that says how seeds ended; `values` are then what `ended` makes of them

    @property
    def array(self) -> Floats:
        return np.array(self.values, dtype=np.float64)


@dataclass(frozen=True)
class Baseline:
    """All pools, and where they come from."""

    pools: Mapping[CellMetric, BaselineValues]
    protocols: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # data set -> metric -> protocol id
    provenance: Mapping[str, Any] = field(default_factory=dict)  # commit, date, versions, machine
    calibration: Mapping[str, Any] = field(default_factory=dict)
    cells: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)  # data set -> method -> run with


def ended(
    key: CellMetric, outcomes: Sequence[str], seeds: Sequence[int], precision: str = "", device: str = ""
) -> BaselineValues:
    """How the seeds of a cell ended, as a line: 0 for ok, 1 for a failure with finite numbers, NaN for a dead seed.

    Raises ValueError for a word that is no outcome, or one that says neither ok nor failed.
    """
    rows = [outcome(word) for word in outcomes]
    if wrong := [row for row in rows if not (row.result and row.judged)]:
        raise ValueError(f"an outcome: '{wrong[0].name}' says neither ok nor failed")
    values = tuple(float(row.failure) if row.number else float("nan") for row in rows)
    down = Measure(higher_is_better=False)
    return BaselineValues(key, values, tuple(seeds), down, precision, device, outcomes=tuple(outcomes))


def write(path: Path, baseline: Baseline) -> None:
    """The file, complete or not at all; equal baselines give equal bytes."""
    header = {
        "baseline": VERSION,
        "protocols": baseline.protocols,
        "provenance": baseline.provenance,
        "calibration": baseline.calibration,
        "cells": baseline.cells,
    }
    rows = [_row(baseline.pools[key]) for key in sorted(baseline.pools)]
    text = "".join(_line({**row, CHECKSUM: _checksum(row)}) + "\n" for row in [header, *rows])
    write_atomically(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def read(path: Path) -> Baseline:
    """A baseline from its file. Raises BaselineError for what is missing, empty, broken or foreign."""
    try:
        lines = text_of(path).splitlines()
    except FileNotFoundError:
        raise BaselineError(f"{path}: no such baseline; make one with 'bench baseline promote'") from None
    except (OSError, UnicodeDecodeError) as broken:
        raise BaselineError(f"{path}: can't be read ({broken})") from None
    if not any(line.strip() for line in lines):
        raise BaselineError(f"{path}: the file is empty; make a baseline with 'bench baseline promote'")
    header = _json(path, 1, lines[0])
    sealed = [(1, header)]
    if "baseline" not in header:
        raise BaselineError(f"{path}:1: no baseline header; this is some other file, or its first line was lost")
    if header["baseline"] != VERSION:
        raise BaselineError(f"{path}:1: baseline version {header['baseline']!r}, expected {VERSION}; promote it anew")
    if wrong := next((word for word in HEADER if not _is_nested(header.get(word, {}), DEPTH[word])), None):
        raise BaselineError(
            f"{path}:1: '{wrong}' is not a mapping of the kind that a promotion writes; promote the baseline anew"
        )
    if not all(isinstance(told, str) for of in header.get("protocols", {}).values() for told in of.values()):
        raise BaselineError(f"{path}:1: 'protocols' holds what is no text; promote the baseline anew")
    _check_calibration(path, header.get("calibration", {}))
    pools: dict[CellMetric, BaselineValues] = {}
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            sealed.append((number, _json(path, number, line)))
            pool = _pool(path, number, sealed[-1][1])
            if pool.key in pools:
                raise BaselineError(f"{path}:{number}: {' / '.join(pool.key)} stands there twice; remove one line")
            pools[pool.key] = pool
    counted = {(key.dataset, key.method) for key in pools if key.metric == FAILURES}
    for key in pools:
        if FAILURES in header.get("protocols", {}).get(key.dataset, {}) and (key.dataset, key.method) not in counted:
            raise BaselineError(
                f"{path}: {key.dataset} / {key.method} has no line of how its seeds ended ('{FAILURES}'): it was lost; "
                "restore it or promote anew"
            )
    if not pools:
        raise BaselineError(f"{path}: a header and no cell; make a baseline with 'bench baseline promote'")
    marked = any(CHECKSUM in row for _, row in sealed)  # none has one before 0.2
    for number, row in sealed:
        if (marked or CHECKSUM in row) and row.get(CHECKSUM) != _checksum(row):
            raise BaselineError(
                f"{path}:{number}: this line was changed since it was promoted; restore it or promote anew"
            )
    found = {word: header.get(word, {}) for word in HEADER}
    return Baseline(pools, **found)


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _checksum(row: Mapping[str, Any]) -> str:
    """Of all else in a line; each has its own, so that lines of two branches can be put together."""
    text = _line({word: value for word, value in row.items() if word != CHECKSUM})
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _is_nested(value: Any, depth: int) -> bool:
    """Whether a value is a mapping of mappings, so deep."""
    return depth == 0 or (isinstance(value, dict) and all(_is_nested(one, depth - 1) for one in value.values()))


def _check_calibration(path: Path, known: Mapping[str, Any]) -> None:
    """Raises BaselineError where a calibration holds something else than numbers in their places."""
    numbers = [known.get(word, 0.0) for word in ("false_alarm", "false_alarm_bound", "fresh", "n", "tests")]
    for word in ("within", "power", "power_bound"):
        held = known.get(word, {})
        numbers += held.values() if isinstance(held, dict) else [None]
    if not all(map(_is_number, numbers)):
        raise BaselineError(f"{path}:1: 'calibration' holds what is no number; run 'bench gate calibrate' again")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def rounded(value: float) -> float | None:
    """Six significant digits; None for what is not a number. Infinities have no place here: ValueError."""
    if np.isnan(value):
        return None
    if not isfinite(value):
        raise ValueError("a baseline holds finite values and deaths; this one is infinite")
    return float(f"{value:.{DIGITS}g}")


def _row(pool: BaselineValues) -> dict[str, object]:
    order = np.argsort(pool.seeds, kind="stable")
    return {
        **pool.key._asdict(),
        "higher_is_better": pool.measure.higher_is_better,
        "scale": pool.measure.scale,
        "precision": pool.precision,
        "device": pool.device,
        **({} if np.isnan(pool.null) else {"null": rounded(pool.null)}),
        "seeds": [int(pool.seeds[i]) for i in order],
        **(
            {"outcomes": [pool.outcomes[i] for i in order]}
            if pool.outcomes
            else {"values": [rounded(pool.values[i]) for i in order]}
        ),
    }


def _json(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        found = strict_json(line)
    except ValueError as broken:
        raise BaselineError(f"{path}:{number}: not a line of JSON ({broken}); restore it or promote anew") from None
    if not isinstance(found, dict):
        raise BaselineError(f"{path}:{number}: expected a JSON object; restore the line or promote anew")
    return found


def _pool(path: Path, number: int, row: Mapping[str, Any]) -> BaselineValues:
    try:
        key = CellMetric(*(_text(row[word]) for word in CellMetric._fields))
        seeds, values = tuple(_seeds(row["seeds"])), tuple[float, ...]()
        if key.metric == FAILURES:
            outcomes = [_text(word) for word in row["outcomes"]]
        else:
            values = tuple(_numbers(row["values"]))
        scale, up = row["scale"], row["higher_is_better"]
        precision, device = _text(row["precision"]), _text(row["device"])
        (null,) = _numbers([row.get("null")])
        if key.metric == FAILURES:
            pool = ended(key, outcomes, seeds, precision=precision, device=device)
        else:
            pool = BaselineValues(key, values, seeds, Measure(up, scale), precision, device, null)
    except (KeyError, TypeError, ValueError) as broken:
        raise BaselineError(
            f"{path}:{number}: this line lacks or misspells something: {broken}; restore it or promote anew"
        ) from None
    if len(pool.values) != len(seeds) or len(set(seeds)) < len(seeds) or not seeds:
        raise BaselineError(f"{path}:{number}: {len(pool.values)} values of {len(set(seeds))} seeds; promote anew")
    if scale == "log" and any(value < 0 for value in values):
        raise BaselineError(f"{path}:{number}: a value below 0 has no logarithm; restore the line or promote anew")
    if scale not in ("linear", "log") or not isinstance(up, bool):
        raise BaselineError(f"{path}:{number}: scale is linear or log and higher_is_better true or false; promote anew")
    return pool


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a name: {value!r}")
    return value


def _seeds(values: Iterable[object]) -> Iterable[int]:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise TypeError(f"a seed: {value!r}")
        yield value


def _numbers(values: Iterable[object]) -> Iterable[float]:
    for value in values:
        if value is None:
            yield float("nan")
        elif _is_number(value):
            yield float(value)  # type: ignore[arg-type]
        else:
            raise TypeError(f"a value: {value!r}")
