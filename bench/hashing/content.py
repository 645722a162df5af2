"""A hash of contents, whatever holds them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass

import torch
from torch import Tensor, nn

DIGEST = 32  # bytes of a BLAKE2b checksum


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
