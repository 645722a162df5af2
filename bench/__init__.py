"""bench: how stably do GANs and diffusion models train? Suites, seeds, verdicts.

The public words are imported on first use, so that `bench --help` does not wait for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.2.0"
_WHERE = {
    "load_suite": "bench.suite.load",
    "Suite": "bench.suite.suite",
    "SuiteError": "bench.suite.yaml_lines",
    "run": "bench.running.run",
    "load": "bench.records.results_folder",
    "load_records": "bench.records.results_folder",
    "sample": "bench.running.sample_kept",
    "stability": "bench.diagnostics.stability",
    "Game": "bench.training.game",
    "Pretrained": "bench.training.pretrained",
    "verdicts": "bench.records.verdicts",
    "Stabilizer": "bench.training.hooks",
    "Probe": "bench.probes.base",
    "Metric": "bench.metrics.base",
    "DataSource": "bench.data.base",
    "Engine": "bench.training.engine",
}
__all__ = sorted(_WHERE)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'bench' has no attribute '{name}'")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return __all__
