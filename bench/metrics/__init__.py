"""Metrics turn samples into numbers, one a seed; one file each, with a plain function and the word of a suite.

May import: data, features, plugins.
Public: base.Metric, base.FeatureMetric, the words of `bench list metrics`, and each as a torchmetrics metric, found
here by its name: `from bench.metrics import FrechetMetric`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_ROOMS = ("two_sample", "one_sample", "of_modes")


def __getattr__(name: str) -> Any:
    """`<Word>Metric`, imported when it is first asked for."""
    if name.endswith("Metric"):
        for room in _ROOMS:
            found = getattr(import_module(f"{__name__}._torchmetrics.{room}"), name, None)
            if found is not None:
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
