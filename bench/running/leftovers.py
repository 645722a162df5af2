"""What killed runs leave behind: drafts of records and files that were never put in their place.

Checkpoints of other settings are none: whoever goes back to those settings continues them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.records import integrity, store
from bench.records.drafts import remove_gone
from bench.records.status import settled
from bench.records.under_way import ENDING
from bench.records.walking import walk
from bench.running.stepping import ENDING as STEPPING
from bench.stats.outcomes import TIMEOUT


def remove(root: Path) -> None:
    """Remove drafts of processes that are gone. Only for who owns the results of a suite (owner.py)."""
    for base in (root, root / store.TRIALS):
        remove_gone([*base.glob(".*"), *walk(base / store.RUNNING)], older=True)


def remove_finished(root: Path, records: Iterable[store.Record], running: Iterable[Path]) -> None:
    """Remove checkpoints of blocks whose record is there and newer: a run was killed between the two.

    `running`: checkpoints of blocks that are about to be run. A block that came to its time limit keeps its own.
    """
    kept = set(running)
    for record in records:
        folder = Path(record["folder"])
        name = store.block_name([entry["seed"] for entry in record["seeds"]])
        checkpoint = root / store.RUNNING / folder.parent.relative_to(root) / f"{name}.pt"
        if checkpoint in kept or record["status"] == TIMEOUT.name or not settled(record):
            continue
        if checkpoint.exists() and checkpoint.stat().st_mtime <= (folder / integrity.FILE).stat().st_mtime:
            checkpoint.unlink()
            checkpoint.with_name(name + STEPPING).unlink(missing_ok=True)
        if (so_far := checkpoint.with_name(name + ENDING)) and so_far.exists() and not checkpoint.exists():
            so_far.unlink()
