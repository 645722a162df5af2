"""What every metric does to its arrays first: refuse what is not finite, go to float64, take one seed after another."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

from bench.metrics.base import NonFinite

P = ParamSpec("P")
R = TypeVar("R")

BLOCK = 1 << 21  # numbers of a block of distances: 16 MiB of float64, near what a cache holds


def finite(x: Tensor, what: str) -> Tensor:
    """x itself. Raises NonFinite where any of it is not finite."""
    if not bool(torch.isfinite(x).all()):
        raise NonFinite(f"{what} hold numbers that are not finite")
    return x


def each_seed(one: Callable[[Tensor], Tensor], fake: Tensor) -> Tensor:
    """one([N, F] float64) -> [...], for every seed of fake [..., N, F]; results stacked. Raises NonFinite.

    Sets of features are large and their number is small: a seed at a time keeps memory flat and costs nothing.
    """
    finite(fake, "fakes")
    lead = fake.shape[:-2]
    values = torch.stack([one(x.double()) for x in fake.reshape(-1, *fake.shape[-2:])])
    return values.reshape((*lead, *values.shape[1:]))


def blocks(rows: int, columns: int) -> Iterator[slice]:
    """Slices of the rows, so that a block of rows × columns stays small."""
    step = max(1, BLOCK // max(1, columns))
    for start in range(0, rows, step):
        yield slice(start, min(rows, start + step))


def shared(function: Callable[P, R]) -> Callable[P, R]:
    """Keeps the latest result, so that words that read different columns of one computation pay for it once.

    Tensors are told apart by identity and version: an equal copy is computed anew, an altered tensor too.
    """
    held: dict[str, Any] = {}

    def mark(value: object) -> object:
        return (id(value), value._version) if isinstance(value, Tensor) and not value.is_inference() else repr(value)

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        tensors = [a for a in (*args, *kwargs.values()) if isinstance(a, Tensor)]
        if any(t.is_inference() for t in tensors):
            return function(*args, **kwargs)
        key = (tuple(map(mark, args)), tuple((k, mark(v)) for k, v in kwargs.items()))
        if held.get("key") == key and all(ref() is not None for ref in held["alive"]):
            return held["value"]  # type: ignore[no-any-return]
        value = function(*args, **kwargs)
        held.update(key=key, alive=[weakref.ref(t) for t in tensors], value=value)
        return value

    return wrapped
