"""What a record says about the machine: device, memory, energy, cores."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from pathlib import Path

import torch


class NoDevice(ValueError):
    """A device that this machine does not have; one line."""


def choose(word: str) -> str:
    """`auto` -> cuda where there is one, else cpu. Raises NoDevice."""
    if word == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        wanted = torch.device(word)
        torch.empty(0, device=wanted)
    except (RuntimeError, AssertionError):  # torch built without CUDA raises AssertionError
        have = ["cpu", *(f"cuda:{k}" for k in range(torch.cuda.device_count()))]
        raise NoDevice(f"device '{word}' is not here (this machine has: {', '.join(have)})") from None
    return word


@cache
def device(word: str) -> dict[str, str]:
    """Kind and name: cpu and the processor's, cuda and the card's."""
    wanted = torch.device(word)
    if wanted.type == "cuda":
        return {"kind": "cuda", "name": torch.cuda.get_device_name(wanted)}
    return {"kind": wanted.type, "name": _processor()}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def forget_peak(word: str) -> None:
    """Start the peak of memory anew, where the system lets us."""
    if torch.device(word).type == "cuda":
        torch.cuda.reset_peak_memory_stats(word)
        return
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_mib(word: str) -> float | None:
    """Peak memory since `forget_peak`, in MiB: of the card, or of this process (weights, data and libraries)."""
    if torch.device(word).type == "cuda":
        return torch.cuda.max_memory_allocated(word) / 2**20
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        if sys.platform == "win32":
            return None
        import resource

        scale = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def joules(word: str) -> float | None:
    """Energy that a card has used since its driver was loaded, by any process; None where the driver does not tell.

    The driver tells cards of NVIDIA (Volta or newer), through the package `nvidia-ml-py`.
    """
    device = torch.device(word)
    if device.type != "cuda":
        return None
    try:
        import pynvml

        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{torch.cuda.get_device_properties(device).uuid}")
        return float(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1000
    except (ImportError, AttributeError):
        return None
    except pynvml.NVMLError:
        return None


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
