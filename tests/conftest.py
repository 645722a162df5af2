"""What all tests share: one thread, Ctrl-C as a terminal sends it, a mark for benchmarks, and a skip for what needs a GPU."""

from __future__ import annotations

import os
import signal

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest
import torch

torch.set_num_threads(1)
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # as under `nohup … &`, which commands that tests start would inherit
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ("tests.unruly",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "benchmarks" in item.path.parts:
            item.add_marker("speed")
    if not torch.cuda.is_available():
        for item in items:
            if "gpu" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="no CUDA device"))
