"""How a number becomes a few honest digits."""

from __future__ import annotations

import math

from bench.stats.medians import Estimate


def digits(value: float, width: float = 0.0) -> str:
    """A number with the digits that its uncertainty leaves: two digits of `width`, three in all where it is unknown.

    Very small and very large numbers are written like 1.2e-5; thousands are parted by a narrow space.
    """
    if math.isnan(value):
        return "—"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    if _countable(value):
        return f"{value:,g}".replace(",", "\u202f").replace("-", "−")
    return _rounded(value, width)


def _rounded(value: float, width: float) -> str:
    size = math.floor(math.log10(abs(value))) if value else 0
    if size < -4 or size > 6:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", "−")
    rough = width <= 0 or not math.isfinite(width)
    places = max(0, 2 - size if rough else min(3 - size, 1 - math.floor(math.log10(width))))
    return f"{value:,.{places}f}".replace(",", "\u202f").replace("-", "−")


def interval(found: Estimate) -> str:
    """`0.031 [0.027, 0.040]`; a failed end says so, and a failed median shows the survivors' beside it."""
    if found.failed:
        return "failed" if math.isnan(found.survivors) else f"failed (survivors {digits(found.survivors)})"
    if found.level == 0:
        return digits(found.median)
    shown = (found.median, found.low, found.high)
    known = [value for value in shown if math.isfinite(value)]
    width = max(known) - min(known)
    counts = all(map(_countable, known))
    if found.median and not counts:
        width = min(width, abs(found.median))  # two digits of the interval, and never fewer than two of the median
    write = digits if counts else _rounded
    median, low, high = ("failed" if math.isnan(value) else write(value, width) for value in shown)
    return f"{median} [{low}, {high}]"


def _countable(value: float) -> bool:
    """Counts, and medians of counts: shown as they are."""
    return abs(value) < 10_000 and float(2 * value).is_integer()


def steps(value: float | None) -> str:
    """A step count, thousands parted; a dash where there is none."""
    return "—" if value is None or not math.isfinite(value) else f"{int(value):,}".replace(",", "\u202f")
