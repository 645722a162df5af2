"""How the losses of older records swing, found and kept beside them: what a block that ends today does itself."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from bench.records.status import RESULTS, Record
from bench.records.store import write_atomically
from bench.records.trace_diagnostics import FILE, of_file, stored


def write_missing(records: Iterable[Record]) -> int:
    """Find and keep what is not stored beside some records; how many records that were."""
    count = 0
    for record in records:
        if record["status"] in RESULTS and stored(record) is None:
            kept = of_file(Path(record["folder"]), record)
            write_atomically(Path(record["folder"]) / FILE, partial(_write, kept.encode()))
            count += 1
    return count


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)
