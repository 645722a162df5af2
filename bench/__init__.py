"""bench: how stably do GANs and diffusion models train? Suites, seeds, verdicts.

The public words are imported on first use, so that `bench --help` does not wait for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "load_suite": "bench.suite",
    "Suite": "bench.suite",
    "SuiteError": "bench.suite",
    "run": "bench.running",
    "load": "bench.store",
    "records": "bench.store",
    "Game": "bench.models.base",
    "Stabilizer": "bench.stabilizers.base",
    "Probe": "bench.probes.base",
    "Score": "bench.metrics.base",
    "Source": "bench.data.base",
    "Engine": "bench.engine",
}
__all__ = sorted(_WHERE)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'bench' has no attribute '{name}'")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return __all__
