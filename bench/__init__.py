"""bench: how stably do GANs and diffusion models train? Suites, seeds, verdicts.

The public words are imported on first use, so that `bench --help` does not wait for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.data.base import DataSource as DataSource
    from bench.diagnostics.stability import stability as stability
    from bench.metrics.base import Metric as Metric
    from bench.probes.base import Probe as Probe
    from bench.records.results_folder import load as load
    from bench.records.results_folder import load_records as load_records
    from bench.records.verdicts import verdicts as verdicts
    from bench.reporting import report as report
    from bench.running.run import run as run
    from bench.running.sample_kept import sample as sample
    from bench.suite.load import load_suite as load_suite
    from bench.suite.one_call import load_data as load_data
    from bench.suite.suite import Suite as Suite
    from bench.suite.yaml_lines import SuiteError as SuiteError
    from bench.training.engine import Engine as Engine
    from bench.training.game import Game as Game
    from bench.training.hooks import Stabilizer as Stabilizer
    from bench.training.pretrained import Pretrained as Pretrained

__version__ = "0.2.0"
_WHERE = {
    "load_suite": "bench.suite.load",
    "load_data": "bench.suite.one_call",
    "Suite": "bench.suite.load",
    "SuiteError": "bench.suite.yaml_lines",
    "run": "bench.running.run",
    "load": "bench.records.results_folder",
    "load_records": "bench.records.results_folder",
    "sample": "bench.running.sample_kept",
    "stability": "bench.diagnostics.stability",
    "verdicts": "bench.records.verdicts",
    "report": "bench.reporting",
    "Game": "bench.training.game",
    "Pretrained": "bench.training.pretrained",
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
