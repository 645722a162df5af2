"""Metrics turn samples into numbers, one a seed; one file each, with a plain function and the word of a suite.

May import: data, features, plugins.
Public: base.Metric, base.FeatureMetric, the words of `bench list metrics`, and each as a torchmetrics metric, found
here by the name that the field has for it (_torchmetrics.py): `from bench.metrics import FrechetDistance`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """A torchmetrics metric, made when it is first asked for."""
    if name[:1].isupper() and (found := import_module(f"{__name__}._torchmetrics").find_class(name)) is not None:
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
