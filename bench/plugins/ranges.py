"""The range of an option, part of its declaration: `every: Count = 10` is a whole number of at least 1.

A suite's value outside it is refused where the suite is read. An option that a subclass declares again keeps its base's
range, unless it declares another.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from math import inf
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Range:
    """Finite numbers from `least` to `most`, both included; `above` and `below` are left out themselves."""

    least: float = -inf
    most: float = inf
    above: float = -inf
    below: float = inf

    def __contains__(self, value: float) -> bool:
        over = value > self.above or self.above == -inf
        under = value < self.below or self.below == inf
        return self.least <= value <= self.most and over and under

    def __str__(self) -> str:
        low = f"at least {self.least:g}" if self.least > -inf else f"above {self.above:g}" if self.above > -inf else ""
        high = f"at most {self.most:g}" if self.most < inf else f"below {self.below:g}" if self.below < inf else ""
        return " and ".join(part for part in (low, high) if part) or "any number"


Count: TypeAlias = Annotated[int, Range(1)]
Whole: TypeAlias = Annotated[int, Range(0)]  # 0 has a meaning of its own: none, never, chosen for you
AtLeastTwo: TypeAlias = Annotated[int, Range(2)]
Positive: TypeAlias = Annotated[float, Range(above=0)]
NonNegative: TypeAlias = Annotated[float, Range(0)]
AtLeastOne: TypeAlias = Annotated[float, Range(1)]
Share: TypeAlias = Annotated[float, Range(0, 1)]  # a probability, or a part of a whole
SomeShare: TypeAlias = Annotated[float, Range(most=1, above=0)]
Inner: TypeAlias = Annotated[float, Range(above=0, below=1)]
Decay: TypeAlias = Annotated[float, Range(0, below=1)]  # what is kept at every step
Signed: TypeAlias = Annotated[float, Range()]  # any finite number means something


def declared(plugin: type) -> dict[str, Any]:
    """The annotations of a plugin's fields, ranges included: the nearest class's that declares one."""
    found: dict[str, Any] = {}
    for owner in reversed(plugin.__mro__[:-1]):
        kinds = get_type_hints(owner, include_extras=True)
        found |= {
            name: kinds[name] for name in inspect.get_annotations(owner) if name not in found or ranges(kinds[name])
        }
    return found


def ranges(kind: Any) -> list[Range]:
    """Every range inside an annotation: `tuple[Decay, Decay]` has two, `Positive | None` has one."""
    if get_origin(kind) is Annotated:
        inner, *more = get_args(kind)
        return [one for one in more if isinstance(one, Range)] + ranges(inner)
    return [one for inside in get_args(kind) for one in ranges(inside)]


def outside(value: Any, kind: Any) -> str | None:
    """`-1 is out of range (at least 1)`; None where a value, and everything in it, lies in its range."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated and isinstance(value, int | float):
        broken = [one for one in inside[1:] if isinstance(one, Range) and value not in one]
        return f"{value:g} is out of range ({broken[0]})" if broken else None
    if origin in (Union, UnionType):
        return next((why for one in inside if (why := outside(value, one))), None)
    if origin in (tuple, list) and isinstance(value, tuple | list):
        kinds = inside if len(inside) == len(value) and Ellipsis not in inside else inside[:1] * len(value)
        return next((why for v, one in zip(value, kinds, strict=True) if (why := outside(v, one))), None)
    return None
