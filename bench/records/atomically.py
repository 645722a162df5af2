"""Files that are whole or not there, whenever the process or the machine stops."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from bench.records.drafts import drafted


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
    draft = path.with_name(drafted(f".{path.name}", "draft"))
    try:
        write(draft)
        sync(draft)
        draft.replace(path)
        sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)
