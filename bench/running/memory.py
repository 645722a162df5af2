"""A bound on memory while a suite is checked: a size that this machine can't hold is an error, not the end of the process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]


@contextmanager
def within_memory() -> Iterator[None]:
    """What is allocated inside fails (MemoryError, or torch's RuntimeError) beyond the memory that is free now.

    Without it the system promises more than it has, and kills the process once that is used. Only Linux tells what is
    free; elsewhere nothing is bounded.
    """
    free, used = _kibibytes("/proc/meminfo", "MemAvailable"), _kibibytes("/proc/self/status", "VmSize")
    if resource is None or free is None or used is None:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    most = 1024 * (used + free)
    held = [limit for limit in before if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([most, *held]), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _kibibytes(file: str, name: str) -> int | None:
    """A line of one of Linux's tables, `MemAvailable:   18874368 kB`."""
    try:
        found = re.search(rf"^{name}:\s+(\d+) kB$", Path(file).read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) if found else None
