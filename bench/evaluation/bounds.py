"""Whether what a metric measured is what it says that it can be."""

from __future__ import annotations

from torch import Tensor

from bench.metrics.base import Metric

ROUNDED = 1e-5  # by which a value may lie beyond a bound, as a share of it or of 1


class OutOfBounds(ValueError):
    """A value that a metric says it can't have: its formula, its bounds or its scale are wrong."""


def within(metric: Metric, name: str, values: Tensor) -> None:
    """Raises OutOfBounds where a finite one of values [S] lies beyond the metric's bounds, rounding aside, or has no
    logarithm on a log scale."""
    known = values.detach().double().cpu()
    known = known[known.isfinite()]
    low, high = metric.bounds
    slack = [ROUNDED * max(1.0, abs(bound)) for bound in (low, high)]
    if len(wrong := known[(known < low - slack[0]) | (known > high + slack[1])]):
        raise OutOfBounds(f"{name} = {wrong[0]:g} lies outside its bounds, {low:g} to {high:g}")
    if metric.scale == "log" and len(wrong := known[known < 0]):
        raise OutOfBounds(f"{name} = {wrong[0]:g} has no logarithm, and its scale is 'log'")
