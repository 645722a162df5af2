"""Capturing without a GPU: in what order things are done, on stand-ins for torch's streams and graphs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.training.cuda_graph import WARM_UPS, CudaGraph


class Stream:
    def wait_stream(self, other: Any) -> None: ...


class Replayed:
    """A graph that runs, when it is replayed, what was run while it was captured, on the same places in memory."""

    def __init__(self) -> None:
        self.within: list[Any] = []

    def replay(self) -> None:
        for run in self.within:
            run()


@contextmanager
def capture(graph: Replayed) -> Iterator[None]:
    assert not gc.isenabled()
    yield


@pytest.fixture(autouse=True)
def _no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    stands_in = {"Stream": Stream, "CUDAGraph": Replayed, "graph": capture, "stream": nullcontext}
    for name, with_ in stands_in.items():
        monkeypatch.setattr(torch.cuda, name, with_)
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)


def test_inputs_are_copied_in_and_outputs_out() -> None:
    out, runs = torch.zeros(3), []

    def run(x: Tensor, rows: Tensor, k: Tensor) -> list[Tensor]:
        runs.append(torch.add(x, rows[:, 0] * k, out=out))
        return [out]

    graph = CudaGraph(run)
    x, k = torch.ones(3), torch.tensor(2)
    first = graph(x, torch.arange(6.0).view(3, 2), k)[0]
    assert len(runs) == WARM_UPS + 1
    assert graph.graph is not None
    graph.graph.within = [lambda: run(*graph.inputs)]  # type: ignore[attr-defined]
    second = graph(x, torch.arange(6.0, 12.0).view(3, 2), k)[0]
    strided = graph(x, torch.arange(12.0).view(3, 4)[:, ::2], k)[0]
    assert first.tolist() == [1, 5, 9]
    assert second.tolist() == [13, 17, 21]
    assert strided.tolist() == [1, 9, 17]
    assert x.tolist() == [1, 1, 1]


def test_what_breaks_while_it_is_captured_is_told_and_garbage_is_collected_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @contextmanager
    def ended(graph: Replayed) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise RuntimeError("operation failed due to a previous error during capture") from error

    monkeypatch.setattr(torch.cuda, "graph", ended)
    calls = []

    def run(x: Tensor) -> list[Tensor]:
        calls.append(x)
        if len(calls) > WARM_UPS:
            raise ValueError("asks the host")
        return [x]

    with pytest.raises(ValueError, match="asks the host"):
        CudaGraph(run)(torch.ones(1))
    assert gc.isenabled()
