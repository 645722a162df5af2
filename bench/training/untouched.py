"""What many read and nobody may write: data, samples. Whether it is as it was, and who changed it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor


class WroteInPlace(RuntimeError):
    """Somebody spoils what the others read: no number that comes after it can be believed."""


@contextmanager
def untouched(tensors: Sequence[Tensor], seen: Callable[[Tensor], int], message: str) -> Iterator[None]:
    """Raises WroteInPlace(message) where `seen` (`version` or `content`) of a tensor is another one afterwards, also where
    something else was raised on the way."""
    before = [seen(x) for x in tensors]
    try:
        yield
    finally:
        if [seen(x) for x in tensors] != before:
            raise WroteInPlace(message)


def version(x: Tensor) -> int:
    """torch's count of the writes; it costs nothing and does not hear of what writes past torch."""
    return x._version


def content(x: Tensor) -> int:
    """A sum over the bytes, gigabytes a second."""
    return zlib.crc32(x.detach().contiguous().cpu().view(-1).view(torch.uint8).numpy().data)
