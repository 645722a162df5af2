"""What an option may be while a method is tuned: a range with a distribution, or a list of values.

Each maps a number of [0, 1), a coordinate of a Sobol point, to a value, so that one point is one setting of every method
that shares a space.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import floor, inf
from typing import Protocol

from bench.plugins import close
from bench.suite import grammar
from bench.suite.grammar import Call, GrammarError, Value
from bench.suite.yaml_lines import Item

SHAPE = "log(a, b), uniform(a, b), int(a, b) or a list of values"


class WrongSpace(ValueError):
    """A distribution that can't be: one line, without the place."""


class Distribution(Protocol):
    """Of one option."""

    @property
    def size(self) -> float:
        """How many values it has; infinite for a range of numbers."""

    def at(self, u: float) -> Value:
        """The value at 0 <= u < 1."""

    def ends(self) -> tuple[Value, ...]:
        """Values that stand for all: the bounds of a range, every entry of a list."""


@dataclass(frozen=True)
class Range:
    """Bounds, the lower one first."""

    low: float
    high: float

    @property
    def size(self) -> float:
        return inf

    def ends(self) -> tuple[Value, ...]:
        return self.low, self.high

    def _digits(self, value: float) -> float:
        """Four digits: a setting is written into labels and records as it is trained."""
        return min(max(float(f"{value:.4g}"), self.low), self.high)


class Log(Range):
    """log(a, b): a (b/a)^u, the same share of values in each octave."""

    def at(self, u: float) -> Value:
        return self._digits(self.low * (self.high / self.low) ** u)

    def __str__(self) -> str:
        return f"log({grammar.text(self.low)}, {grammar.text(self.high)})"


class Uniform(Range):
    """uniform(a, b): a + (b - a) u."""

    def at(self, u: float) -> Value:
        return self._digits(self.low + (self.high - self.low) * u)

    def __str__(self) -> str:
        return f"uniform({grammar.text(self.low)}, {grammar.text(self.high)})"


@dataclass(frozen=True)
class Whole:
    """int(a, b): the whole numbers from a to b, both included."""

    low: int
    high: int

    @property
    def size(self) -> float:
        return self.high - self.low + 1

    def at(self, u: float) -> Value:
        return self.low + floor(u * self.size)

    def ends(self) -> tuple[Value, ...]:
        return self.low, self.high

    def __str__(self) -> str:
        return f"int({self.low}, {self.high})"


@dataclass(frozen=True)
class Listed:
    """[a, b, c]: each as often as the others."""

    values: tuple[Value, ...]

    @property
    def size(self) -> float:
        return len(self.values)

    def at(self, u: float) -> Value:
        return self.values[floor(u * len(self.values))]

    def ends(self) -> tuple[Value, ...]:
        return self.values

    def __str__(self) -> str:
        return grammar.text(list(self.values))


def distribution(item: Item) -> Distribution:
    """What stands behind an option of a space. Raises WrongSpace."""
    if isinstance(item.value, list):
        return _listed([_value(entry) for entry in item.value])
    if isinstance(item.value, dict) or item.value is None:
        raise WrongSpace(f"expected {SHAPE}, not {item.kind}")
    value = _value(item)
    if isinstance(value, list):
        return _listed(value)
    if isinstance(value, Call) and value.word in KINDS:
        return _range(value)
    hint = close(value.word, KINDS) if isinstance(value, Call) else "; one value is no space: set it in the method"
    raise WrongSpace(f"expected {SHAPE}, not {grammar.shown(item.written)}{hint}")


def _value(item: Item) -> Value:
    if isinstance(item.value, list):
        return tuple(_value(entry) for entry in item.value)
    if isinstance(item.value, dict) or item.value is None:
        raise WrongSpace(f"expected a value, not {item.kind}")
    try:
        return grammar.value(item.written)
    except GrammarError as error:
        raise WrongSpace(str(error)) from None


def _listed(values: list[Value]) -> Listed:
    told = [grammar.text(value) for value in values]
    if twice := next((text for text in told if told.count(text) > 1), None):
        raise WrongSpace(f"{twice} stands twice in the list")
    if len(values) < 2:
        raise WrongSpace(f"a list of {len(values)} leaves nothing to choose: name more, or set it in the method")
    return Listed(tuple(values))


def _range(call: Call) -> Distribution:
    bounds = call.positional
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in bounds)
    if call.named or len(bounds) != 2 or not numbers:
        raise WrongSpace(f"expected {call.word}(a, b) with two numbers, not '{call}'")
    low, high = bounds
    if not all(abs(one) < inf for one in bounds):
        raise WrongSpace(f"'{call}': bounds are finite numbers")
    if low == high:
        raise WrongSpace(f"'{call}' leaves nothing to choose: its bounds are equal")
    if low > high:
        swapped = Call(call.word, (high, low))
        raise WrongSpace(f"'{call}': the bounds are in the wrong order; write {swapped}")
    return KINDS[call.word](call, low, high)


def _log(call: Call, low: float, high: float) -> Distribution:
    if low <= 0:
        raise WrongSpace(f"'{call}': both bounds of log are more than 0; for a range with 0 write uniform")
    if float(high) / float(low) == inf:
        raise WrongSpace(f"'{call}': the bounds lie too far apart")
    return Log(float(low), float(high))


def _uniform(call: Call, low: float, high: float) -> Distribution:
    return Uniform(float(low), float(high))


def _int(call: Call, low: float, high: float) -> Distribution:
    if not (isinstance(low, int) and isinstance(high, int)):
        raise WrongSpace(f"'{call}': both bounds of int are whole numbers; for others write uniform")
    return Whole(low, high)


KINDS: dict[str, Callable[[Call, float, float], Distribution]] = {"log": _log, "uniform": _uniform, "int": _int}
