"""A function of tensors, captured once in a CUDA graph and replayed: all its kernels for the price of one launch."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import torch
from torch import Tensor

WARM_UPS = 3  # runs on a side stream before the capture, in which libraries set up what a capture may not


class CudaGraph:
    """`run` at fixed places in memory: inputs are copied in, outputs copied out, so that nobody else's numbers change later."""

    def __init__(self, run: Callable[..., Sequence[Tensor]]) -> None:
        self.run = run
        self.graph: torch.cuda.CUDAGraph | None = None
        self.inputs: list[Tensor] = []
        self.outputs: list[Tensor] = []

    def __call__(self, *given: Tensor) -> list[Tensor]:
        if self.graph is None:
            self._capture(given)
        assert self.graph is not None
        _copy(self.inputs, given)
        self.graph.replay()
        found = [torch.empty_like(out) for out in self.outputs]
        _copy(found, self.outputs)
        return found

    def _capture(self, given: Sequence[Tensor]) -> None:
        self.inputs = [value.clone() for value in given]
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UPS):
                self.run(*self.inputs)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        try:
            with _no_garbage(), torch.cuda.graph(graph):
                self.outputs = list(self.run(*self.inputs))
        except Exception as error:
            with suppress(RuntimeError):  # the driver tells its error once more, to whoever asks next
                torch.cuda.synchronize()
            raise error.__context__ or error from None  # what broke within, and not that the capture could not be ended
        self.graph = graph


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Within, nothing is collected: a graph of before whose memory is given back ends the capture of another."""
    gc.collect()
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _copy(places: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    """Each value into its place, in few launches: one for all that are of one type and lie in memory as their places do."""
    alike: dict[object, tuple[list[Tensor], list[Tensor]]] = defaultdict(lambda: ([], []))
    for place, value in zip(places, values, strict=True):
        if place.stride() == value.stride():
            into, out = alike[value.dtype]
            into.append(place)
            out.append(value)
        else:
            place.copy_(value)
    for into, out in alike.values():
        torch._foreach_copy_(into, out)
