"""The real side of a metric on disk: found by the hash of everything it depends on, so that it can't be stale."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.hashing.packed import pack, unpack


class Cache:
    """A folder of results by key. A file that is cut short, altered or of another format counts as absent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def take(self, key: str, make: Callable[[], Any]) -> Any:
        """The value under a key; made, and stored, where there is no sound one."""
        path = self.folder / f"{key}.pt"
        found = self._read(path)
        if found is None:
            found = make()
            self._write(path, found)
        return found

    def _read(self, path: Path) -> Any:
        try:
            return unpack(path.read_bytes())
        except (OSError, ValueError):
            return None

    def _write(self, path: Path, value: Any) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(pack(value))
            os.replace(name, path)  # readers see all of it or none
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
