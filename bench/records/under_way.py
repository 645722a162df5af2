"""Blocks of which there is no record yet: where they are, and what they read at their latest evaluation."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from statistics import median

from bench.records.in_suite import cell_name
from bench.records.store import RUNNING, Record, block_name, plain, write_atomically
from bench.records.strict_json import read_json
from bench.records.walking import walk
from bench.stats.outcomes import INTERRUPTED

ENDING = ".so_far.json"
SHOWN = 3  # columns that are told


@dataclass(frozen=True)
class UnderWay:
    """A block at its latest evaluation."""

    dataset: str
    method: str
    seeds: tuple[int, ...]
    step: int
    steps: int
    alive: int
    scores: tuple[tuple[int, str, float | None], ...]  # seed, column, value
    age: float = 0.0  # seconds since

    @property
    def medians(self) -> dict[str, float]:
        """Column -> its median over living seeds, in the order in which the suite lists its metrics."""
        names = list(dict.fromkeys(name for _, name, _ in self.scores))
        of = {name: [v for _, n, v in self.scores if n == name and v is not None] for name in names}
        return {name: median(values) for name, values in of.items() if values}

    @property
    def said(self) -> str:
        """`ring / GAN · seeds-0-9: step 400 of 2000, 10/10 seeds alive, modes_covered 6`: medians over living seeds."""
        read = [f"{name} {value:.3g}" for name, value in self.medians.items()][:SHOWN]
        alive = f"{self.alive}/{len(self.seeds)} seeds alive"
        where = f"{self.dataset} / {self.method} · {block_name(self.seeds)}"
        return f"{where}: " + ", ".join([f"step {self.step} of {self.steps}", alive, *read])


def write_under_way(path: Path, now: UnderWay) -> None:
    """Replace the file of a block."""
    text = json.dumps(plain({k: v for k, v in asdict(now).items() if k != "age"}), allow_nan=False)
    write_atomically(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def under_way(root: Path, records: Sequence[Record] = ()) -> list[UnderWay]:
    """The blocks of a suite that were evaluated and have no later one of these records, the latest first; what can't be read
    is passed over.

    A run that was killed leaves them for the next one, which goes on from their checkpoints; so does a block that came to an
    error, and its record says so.
    """
    found = [
        one for path in walk(root / RUNNING) if path.name.endswith(ENDING) and (one := read_under_way(path)) is not None
    ]
    ended = {  # the latest last; what was stopped by hand goes on
        (*cell_name(record), tuple(entry["seed"] for entry in record["seeds"])): _age(record)
        for record in records
        if record["status"] != INTERRUPTED.name
    }
    going = [one for one in found if ended.get((one.dataset, one.method, one.seeds), inf) > one.age]
    return sorted(going, key=lambda one: one.age)


def _age(record: Record) -> float:
    """Seconds since a record was written; infinite where it does not say so."""
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(str(record["created"]))).total_seconds()
    except (ValueError, TypeError):  # of a record that was made by hand
        return inf


def read_under_way(path: Path) -> UnderWay | None:
    """A block as its file says; None where it can't be read, or is not there."""
    try:
        held, age = read_json(path), time.time() - path.stat().st_mtime
        scores = tuple((int(s), str(n), None if v is None else float(v)) for s, n, v in held["scores"])
        step, steps, alive = (int(held[name]) for name in ("step", "steps", "alive"))
        seeds = tuple(map(int, held["seeds"]))
        if not seeds:
            return None
        return UnderWay(str(held["dataset"]), str(held["method"]), seeds, step, steps, alive, scores, age)
    except (OSError, ValueError, KeyError, TypeError):
        return None
