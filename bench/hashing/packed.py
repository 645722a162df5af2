"""Trees of tensors as bytes that begin with a checksum of the rest: one flipped bit in weights can't be told by looking."""

from __future__ import annotations

import hashlib
import io
import pickle
from typing import Any

import torch

from bench.hashing.content import DIGEST


def pack(tree: Any) -> bytes:
    """Dicts, tuples, lists, tensors, numbers and texts as bytes."""
    held = io.BytesIO()
    torch.save(tree, held)
    body = held.getvalue()
    return _checksum(body) + body


def unpack(content: bytes, device: str = "cpu") -> Any:
    """What was packed. Raises ValueError where these are not the bytes that `pack` made."""
    known, body = content[:DIGEST], content[DIGEST:]
    if _checksum(body) != known:
        raise ValueError("the checksum is another: cut short, altered or of another format")
    try:
        return torch.load(io.BytesIO(body), map_location=device, weights_only=True)
    except (RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise ValueError(f"it can't be unpacked: {type(error).__name__}") from error


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=DIGEST).digest()
