"""The real side of a metric on disk: found by the hash of everything it depends on, so that it can't be stale."""

from __future__ import annotations

import hashlib
import inspect
import io
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

DIGEST = 32  # bytes of a BLAKE2b checksum in front of every file


def digest(*things: object) -> str:
    """A hash of contents: tensors by their bytes, dataclasses, containers and objects by what they hold."""
    hasher = hashlib.blake2b(digest_size=DIGEST)
    for thing in things:
        _feed(hasher.update, thing)
    return hasher.hexdigest()


def _feed(eat: Callable[[bytes | memoryview], None], thing: object) -> None:
    eat(f"<{type(thing).__qualname__}>".encode())
    if isinstance(thing, Tensor):
        eat(f"{thing.dtype}{tuple(thing.shape)}".encode())
        eat(thing.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    elif isinstance(thing, nn.Module):
        _feed(eat, thing.state_dict())
    elif isinstance(thing, Mapping):
        for key in thing:
            _feed(eat, key)
            _feed(eat, thing[key])
    elif isinstance(thing, Sequence) and not isinstance(thing, str | bytes):
        for part in thing:
            _feed(eat, part)
    elif is_dataclass(thing):
        _feed(eat, {f.name: getattr(thing, f.name) for f in fields(thing)})
    elif callable(thing):
        eat(getattr(thing, "__qualname__", "").encode())
    elif hasattr(thing, "__dict__") and not isinstance(thing, type):
        _feed(eat, vars(thing))
    else:
        eat(repr(thing).encode())


@cache
def code(plugin: type) -> str:
    """A hash of the source of a plugin's file and of the files that metrics share."""
    here = Path(__file__).parent
    own = Path(inspect.getfile(plugin))
    return digest(*(file.read_bytes() for file in sorted({own, here / "base.py", *here.glob("_*.py")})))


class Shelf:
    """A folder of results by key. A file that is cut short, altered or of another format counts as absent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def take(self, key: str, make: Callable[[], Any]) -> Any:
        """What lies under a key; made, and put there, where nothing sound does."""
        path = self.folder / f"{key}.pt"
        found = self._read(path)
        if found is None:
            found = make()
            self._write(path, found)
        return found

    def _read(self, path: Path) -> Any:
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        checksum, body = raw[:DIGEST], raw[DIGEST:]
        if hashlib.blake2b(body, digest_size=DIGEST).digest() != checksum:
            return None
        return torch.load(io.BytesIO(body), weights_only=True)

    def _write(self, path: Path, value: Any) -> None:
        buffer = io.BytesIO()
        torch.save(value, buffer)
        body = buffer.getvalue()
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.blake2b(body, digest_size=DIGEST).digest() + body)
            os.replace(name, path)  # readers see all of it or none
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
