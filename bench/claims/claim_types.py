"""The kinds of claims a suite can make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from math import expm1, log1p
from typing import Any, Literal, Self

from bench.claims.label_patterns import matches
from bench.stats.measure import Measure


class ClaimError(ValueError):
    """A claim that can't be read or can't be judged: one line with its name and the remedy."""


@dataclass(frozen=True)
class Spent:
    """How much of training has been spent: `at: {gradients: 20000}`."""

    currency: str  # steps, or a currency of budgets
    amount: float

    def __str__(self) -> str:
        return f"{self.amount:.10g} {self.currency}"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A statement about methods that seeds can support or refute."""

    name: str
    measure: str = ""  # the score, diagnostic or trace it is about; "" where it is about failures
    on: tuple[str, ...] = ()  # labels or patterns of data sets, which are strata; () is all of them
    than_on: str | None = None  # the other method's data set, where that is not the first one's
    at: Spent | None = None  # when its measure is read; None: at the end of training
    better: Literal["lower", "higher"] | None = None  # said where the measure's own direction isn't known
    experiment: str = ""  # the experiment that makes it
    among: tuple[str, ...] = ()  # patterns of the experiment's data sets; () is all of them

    @property
    def methods(self) -> tuple[str, ...]:
        raise NotImplementedError

    def covers(self, dataset: str) -> bool:
        """Whether it is about a data set."""
        return all(not named or any(matches(dataset, p) for p in named) for named in (self.on, self.among))

    def renamed(self, name: Callable[[str], str]) -> Self:
        """The same claim about methods of other names."""
        held = {f.name: getattr(self, f.name) for f in fields(self) if f.name in ("method", "than", "order")}
        changed: dict[str, Any] = {k: tuple(map(name, v)) if k == "order" else name(v) for k, v in held.items()}
        return replace(self, **changed)


@dataclass(frozen=True)
class Margin:
    """A difference: in the measure's units, or a share of the other's value."""

    size: float = 0.0
    relative: bool = False

    def oriented(self, measure: Measure, *, gain: bool) -> float:
        """As a shift of oriented values; `gain`: how much better is asked, else how much worse is allowed.

        Relative, on the log scale: better by r means x >= (1 + r) y, or x <= (1 - r) y where lower is better.
        """
        if not self.relative:
            return self.size
        return log1p(self.size) if gain == measure.higher_is_better else -log1p(-self.size)

    def shown(self, shift: float, measure: Measure) -> float:
        """A shift of oriented values in the margin's own terms; positive = better."""
        if not self.relative:
            return shift
        return expm1(shift) if measure.higher_is_better else -expm1(-shift)


@dataclass(frozen=True, kw_only=True)
class Superiority(Claim):
    """`is` is better than `better_than` by more than `by`."""

    method: str
    than: str
    by: Margin = Margin()

    @property
    def methods(self) -> tuple[str, ...]:
        return (self.method, self.than)


@dataclass(frozen=True, kw_only=True)
class NonInferiority(Claim):
    """`is` is not worse than `not_worse_than` by `by` or more."""

    method: str
    than: str
    by: Margin

    @property
    def methods(self) -> tuple[str, ...]:
        return (self.method, self.than)


@dataclass(frozen=True, kw_only=True)
class Ordering(Claim):
    """Each method of `order` is better than the next."""

    order: tuple[str, ...]

    @property
    def methods(self) -> tuple[str, ...]:
        return self.order


@dataclass(frozen=True, kw_only=True)
class FailsLess(Claim):
    """`is` diverges, collapses, times out or runs out of memory on a smaller share of seeds than `fails_less_than`."""

    method: str
    than: str

    @property
    def methods(self) -> tuple[str, ...]:
        return (self.method, self.than)


@dataclass(frozen=True, kw_only=True)
class Threshold(Claim):
    """The median seed of `is` reaches `at_least`, or stays within `at_most`."""

    method: str
    level: float
    side: Literal["at_least", "at_most"]

    @property
    def methods(self) -> tuple[str, ...]:
        return (self.method,)
