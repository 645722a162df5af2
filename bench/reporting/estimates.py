"""How a number becomes a few honest digits, and as many decimals as the others of its column."""

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
    if countable(value):
        return f"{value:,g}".replace(",", "\u202f").replace("-", "−")
    return _rounded(value, width)


def _rounded(value: float, width: float) -> str:
    places = decimals(value, width)
    if places is None:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", "−")
    return f"{value:,.{places}f}".replace(",", "\u202f").replace("-", "−")


def decimals(value: float, width: float = 0.0) -> int | None:
    """How many decimals the uncertainty of a number leaves; None where it is written with an exponent."""
    size = math.floor(math.log10(abs(value))) if value else 0
    if size < -4 or size > 6:
        return None
    rough = width <= 0 or not math.isfinite(width)
    return max(0, 2 - size if rough else min(3 - size, 1 - math.floor(math.log10(width))))


def fixed(value: float, places: int) -> str:
    """A number with so many decimals, as its column has them; NaN is a dead median or end."""
    if math.isnan(value):
        return "failed"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:,.{places}f}"
    return (text if float(text.replace(",", "")) else text.lstrip("-")).replace(",", "\u202f").replace("-", "−")


def interval(found: Estimate) -> str:
    """`0.031 [0.027, 0.040]`; a failed end says so, and a failed median shows the survivors' beside it."""
    if found.failed:
        return "failed" if math.isnan(found.survivors) else f"failed (survivors {digits(found.survivors)})"
    if found.level == 0:
        return digits(found.median)
    return between(found.median, found.low, found.high)


def between(middle: float, low: float, high: float) -> str:
    """A number and the interval around it, each with the digits that the interval leaves."""
    counts, width = _counts(middle, low, high), span(middle, low, high)

    def written(value: float) -> str:
        if not math.isfinite(value):
            return fixed(value, 0)
        return digits(value) if counts else _rounded(value, width)

    return f"{written(middle)} [{written(low)}, {written(high)}]"


def span(middle: float, low: float, high: float) -> float:
    """The width that decides over digits: two of the interval, and never fewer than two of the number in it."""
    known = [value for value in (middle, low, high) if math.isfinite(value)]
    width = max(known) - min(known) if known else 0.0
    return min(width, abs(middle)) if middle and not _counts(middle, low, high) else width


def _counts(*values: float) -> bool:
    return all(countable(value) for value in values if math.isfinite(value))


def countable(value: float) -> bool:
    """Counts, and medians of counts: shown as they are."""
    return abs(value) < 10_000 and float(2 * value).is_integer()


def steps(value: float | None) -> str:
    """A step count, thousands parted; a dash where there is none."""
    return "—" if value is None or not math.isfinite(value) else f"{int(value):,}".replace(",", "\u202f")
