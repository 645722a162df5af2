"""Golden trajectories on disk: JSON lines, a header, then one sorted line for each seed of each cell.

    {"golden": 1, "machine": "…", "torch": "2.11.0", "python": "3.11.7"}
    {"dataset": "ring", "method": "GAN", "seed": 0, "numbers": {"grad_norm_D at step 1": 0.12, …}}

null is a number that was not finite. A file is replaced by a command (`bench golden record`), never silently.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, nan
from pathlib import Path
from typing import Any

from bench.gate.baseline import BaselineError
from bench.records.store import write_atomically

VERSION = 1
DIGITS = 9

Numbers = dict[str, float]


class GoldenError(BaselineError):
    """Golden trajectories that can't be used: one line with the file and the remedy."""


@dataclass(frozen=True, order=True)
class Line:
    """One seed of one cell."""

    dataset: str
    method: str
    seed: int
    numbers: Numbers = field(compare=False)

    @property
    def label(self) -> str:
        return f"{self.dataset} / {self.method}, seed {self.seed}"


@dataclass(frozen=True)
class Golden:
    """What was recorded, and where."""

    lines: tuple[Line, ...]
    made: Mapping[str, str]  # machine, torch, python


def write(path: Path, golden: Golden) -> None:
    """The file, complete or not at all; equal trajectories give equal bytes."""
    header = {"golden": VERSION, **golden.made}
    rows: list[dict[str, Any]] = [{**vars(line), "numbers": _plain(line.numbers)} for line in golden.lines]
    text = "".join(
        json.dumps(row, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n" for row in [header, *rows]
    )
    write_atomically(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def _plain(numbers: Numbers) -> dict[str, float | None]:
    return {name: float(f"{v:.{DIGITS}g}") if isfinite(v) else None for name, v in numbers.items()}


def read(path: Path) -> Golden:
    """Trajectories from their file. Raises GoldenError."""
    remedy = "record them anew with 'bench golden record'"
    try:
        header, *rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        if header["golden"] != VERSION:
            raise GoldenError(
                f"{path}:1: version {header['golden']!r} of golden trajectories, expected {VERSION}; {remedy}"
            )
        lines = tuple(
            Line(
                str(row["dataset"]),
                str(row["method"]),
                int(row["seed"]),
                {str(name): nan if value is None else float(value) for name, value in row["numbers"].items()},
            )
            for row in rows
        )
    except FileNotFoundError:
        raise GoldenError(f"{path}: there is no such file; {remedy}") from None
    except GoldenError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise GoldenError(f"{path}: these are no golden trajectories, or a part of them was lost; {remedy}") from None
    return Golden(lines, {name: str(header.get(name)) for name in ("machine", "torch", "python")})
