"""A gate's report as it lies beside a night's results: `bench gate … --json nights/2026-03-01/gate.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

from bench.gate.report import Report, Row, Word
from bench.gate.report_formats import summary
from bench.records.strict_json import read_json
from bench.suite.waivers import CellMetric

FILE = "gate.json"
NUMBERS = [f.name for f in fields(Row) if f.type in ("int", "float")]
TEXTS = ("kind", "verdict", "reason")


class ReportFileError(ValueError):
    """A file that is no report of a gate: one line with the place."""


@dataclass(frozen=True)
class Judged:
    """A report, and the exit code that was given for it (with `--strict` it may be another)."""

    report: Report
    exit_code: int


def read(path: Path) -> Judged:
    """The report as `Report.plain` wrote it. Raises ReportFileError."""
    try:
        found = read_json(path)
        rows = [_row(row) for row in found["rows"]]
        code, tests = int(found["exit_code"]), int(found["tests"])
        calibration, caveats = found.get("calibration") or {}, found.get("caveats") or []
        if not isinstance(calibration, dict) or not all(isinstance(said, str) for said in caveats):
            raise TypeError("calibration is a mapping and caveats are sentences")
        report = Report(tuple(rows), tests, calibration, tuple(caveats))
        summary(report)  # which reads the calibration
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        raise ReportFileError(f"{path}: can't be read as the JSON of 'bench gate' ({why})") from None
    return Judged(report, code)


def beside(folder: Path) -> Judged | str | None:
    """The report in a results folder; a sentence where it can't be read, None where there is none."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        return read(path)
    except ReportFileError as error:
        return f"{error}."


def _row(row: Mapping[str, Any]) -> Row:
    key = CellMetric(*(str(row[name]) for name in CellMetric._fields))
    numbers = {name: row[name] for name in NUMBERS if row.get(name) is not None}
    if not all(isinstance(value, int | float) for value in numbers.values()):
        raise TypeError(f"a number: {numbers}")
    if row["verdict"] not in get_args(Word):
        raise ValueError(f"'{row['verdict']}' is no verdict")
    changes = tuple((str(c["what"]), str(c["then"]), str(c["now"])) for c in row.get("changes") or ())
    return Row(key, **{name: row[name] for name in TEXTS}, **numbers, changes=changes)
