"""The range of an option, part of its declaration: `every: Count = 10` is a whole number of at least 1.

A suite's value outside it is refused where the suite is read. An option that a subclass declares again keeps its base's
range, unless it declares another.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints

MANY, REPEATED, SAMPLES, HUGE = 10**12, 10_000, 10**7, 1e38
BOUNDS = (MANY, REPEATED, SAMPLES, HUGE)  # beyond which nothing ends, fits in memory, or is a number any more


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

    def broken_by(self, value: float) -> str:
        """What of it a value breaks: of a range that ends where nothing works any more, one end alone."""
        if self.most not in BOUNDS:
            return str(self)
        return f"at most {self.most:g}" if value > self.most else str(replace(self, most=inf))

    def __str__(self) -> str:
        low = f"at least {self.least:g}" if self.least > -inf else f"above {self.above:g}" if self.above > -inf else ""
        high = f"at most {self.most:g}" if self.most < inf else f"below {self.below:g}" if self.below < inf else ""
        return " and ".join(part for part in (low, high) if part) or "any number"


Count: TypeAlias = Annotated[int, Range(1, MANY)]
Whole: TypeAlias = Annotated[int, Range(0, MANY)]  # 0 has a meaning of its own: none, never, chosen for you
Repeats: TypeAlias = Annotated[int, Range(1, REPEATED)]  # of work within one step, one sample or one measurement
Modes: TypeAlias = Annotated[int, Range(1, REPEATED)]  # of a mixture: each is asked about every sample
Samples: TypeAlias = Annotated[int, Range(1, SAMPLES)]
AtLeastTwo: TypeAlias = Annotated[int, Range(2, SAMPLES)]
Positive: TypeAlias = Annotated[float, Range(above=0, most=HUGE)]
NonNegative: TypeAlias = Annotated[float, Range(0, HUGE)]
AtLeastOne: TypeAlias = Annotated[float, Range(1, HUGE)]
Share: TypeAlias = Annotated[float, Range(0, 1)]  # a probability, or a part of a whole
SomeShare: TypeAlias = Annotated[float, Range(most=1, above=0)]
Inner: TypeAlias = Annotated[float, Range(above=0, below=1)]
Decay: TypeAlias = Annotated[float, Range(0, below=1)]  # what is kept at every step
Signed: TypeAlias = Annotated[float, Range()]  # any finite number means something


WEIGHTS = 10**9  # of a network, at most: with an optimizer's memory they are 16 GB
LAYERS = 1000  # likewise: they take a second to build


def too_large(options: Mapping[str, Any]) -> str | None:
    """`width=1000000 and depth=1000 are about 1e+15 weights …` of options that give a network's size; None where they
    do not, or where it can be built."""
    width, depth = options.get("width") or 0, options.get("depth") or 0
    if depth > LAYERS:
        return f"depth={depth} is more than {LAYERS} layers: choose fewer"
    if (weights := width**2 * max(depth, 1)) > WEIGHTS:
        size = f"width={width}" + f" and depth={depth}" * (depth > 0)
        return f"{size} are about {float(weights):.0e} weights: choose less"
    return None


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


def _short(value: float) -> str:
    """1e400, which is no float, is one with its first digits."""
    return f"{value:g}" if abs(value) < 1e300 else f"{str(value)[:12]}…"


def outside(value: Any, kind: Any) -> str | None:
    """`-1 is out of range (at least 1)`; None where a value, and everything in it, lies in its range."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated and isinstance(value, int | float):
        broken = [one for one in inside[1:] if isinstance(one, Range) and value not in one]
        return f"{_short(value)} is out of range ({broken[0].broken_by(value)})" if broken else None
    if origin in (Union, UnionType):
        return next((why for one in inside if (why := outside(value, one))), None)
    if origin in (tuple, list) and isinstance(value, tuple | list):
        kinds = inside if len(inside) == len(value) and Ellipsis not in inside else inside[:1] * len(value)
        return next((why for v, one in zip(value, kinds, strict=True) if (why := outside(v, one))), None)
    return None
