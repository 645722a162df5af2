"""Checkpoints: a killed run resumes where it was."""

from __future__ import annotations

import secrets
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.hashing.packed import pack, unpack
from bench.records.store import write_atomically

Saved = Any  # a tree of dicts, tuples, lists, tensors, numbers and texts


class Checkpoint:
    """One file, replaced in one move. `about` says which cell it is of: another cell's is not loaded.

    A file that is not as it was written is named, and training starts afresh.
    """

    def __init__(self, path: Path, about: Mapping[str, Any], every: float, device: str = "cpu") -> None:
        self.path, self.about, self.every, self.device = path, dict(about), every, device  # every: seconds
        self.last = time.monotonic()
        self.resumed = False  # whether anything was loaded

    def due(self) -> bool:
        """Whether it is time to save again."""
        return time.monotonic() - self.last >= self.every

    def load(self) -> Saved | None:
        """What was saved last; None where nothing was, or with a warning where it can't be used."""
        if not self.path.exists():
            return None
        if self.path.is_dir():
            aside = self.path.with_name(f"{self.path.name}.aside-{secrets.token_hex(2)}")
            self.path.rename(aside)
            warnings.warn(
                f"{self.path}: a folder and no checkpoint, starting afresh; it is {aside.name} now", stacklevel=2
            )
            return None
        try:
            if not self.path.is_file():  # whoever opens a pipe waits for ever
                raise ValueError
            held = unpack(self.path.read_bytes(), self.device)
            about, saved = held["about"], held["saved"]
            if not (isinstance(saved, dict) and saved):
                raise TypeError
        except (OSError, ValueError, KeyError, TypeError):
            warnings.warn(f"{self.path}: the checkpoint can't be read, starting afresh", stacklevel=2)
            return None
        if about != self.about:
            warnings.warn(f"{self.path}: the checkpoint is another run's, starting afresh", stacklevel=2)
            return None
        self.resumed = True
        return saved

    def save(self, saved: Saved) -> None:
        """Replace the file; a process that is killed while saving leaves the one before."""
        content = pack({"about": self.about, "saved": saved})
        write_atomically(self.path, lambda draft: draft.write_bytes(content))
        self.last = time.monotonic()

    def remove(self) -> None:
        """Once the record is in place."""
        self.path.unlink(missing_ok=True)
