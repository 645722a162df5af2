"""What the system tells of another process of this machine: whether it lives, since when, how much it has worked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A line of /proc."""

    alive: bool
    started: str  # ticks since the machine began; with the number it names a process for good
    worked: float  # seconds of a processor


def look(pid: int) -> Process | None:
    """None where there is no such process, or the system has no /proc."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    ticks = int(words[11]) + int(words[12])
    return Process(words[0] not in "ZX", words[19], ticks / os.sysconf("SC_CLK_TCK"))


def lives(pid: int, started: str) -> bool:
    """Whether a process is there still, and is not another one that got its number."""
    if (found := look(pid)) is not None:
        return found.alive and started in ("", found.started)
    if Path("/proc/self/stat").exists():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
