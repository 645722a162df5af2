"""The settings that a method is tried with: scrambled Sobol points of its space, the same for all that share the space."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from bench.plugins.lazily import lazily
from bench.suite.distributions import Distribution
from bench.suite.grammar import Value, text

if TYPE_CHECKING:
    from scipy.stats import qmc
else:
    qmc = lazily("scipy.stats.qmc")

Setting = tuple[tuple[str, Value], ...]  # option -> value, in the order of the space

MOST = 1000  # trials of a method
FIRST = 1_000_000  # seed of the first trial: a suite that counts its seeds has none of them
OF_A_TRIAL = 100  # numbers that a trial has, so that more seeds of each change none
SCRAMBLE = 0  # of the points: one for all suites
DRAWN = 2**16  # points at most, where a space is small and settings come up again


@dataclass(frozen=True)
class Space:
    """Options of a method and what each may be; an option of a stabilizer is `r1.weight`."""

    options: tuple[tuple[str, Distribution], ...]
    line: int = 0

    @property
    def size(self) -> float:
        """How many settings it has."""
        return prod(one.size for _, one in self.options)

    @property
    def told(self) -> dict[str, str]:
        """As a suite has it."""
        return {name: str(one) for name, one in self.options}

    def settings(self, trials: int) -> tuple[Setting, ...]:
        """So many different settings; the first ones of a longer list are those of a shorter. Raises ValueError where it
        has fewer.

        Sobol points, scrambled (Owen 1998), with one seed for all spaces: dimension k is the k-th option as written. A
        point whose setting came before is passed over. Points are balanced where their number is a power of two.
        """
        if self.size < trials:
            raise ValueError(f"has only {self.size:g} settings, and {trials} trials are asked for")
        found: dict[str, Setting] = {}
        points = qmc.Sobol(len(self.options), scramble=True, rng=SCRAMBLE)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that the number of points is no power of two
            for _ in range(DRAWN):
                (point,) = points.random(1)
                setting = tuple((n, one.at(float(u))) for (n, one), u in zip(self.options, point, strict=True))
                found.setdefault(written(setting), setting)
                if len(found) == trials:
                    return tuple(found.values())
        raise ValueError(f"gave only {len(found)} different settings of the {trials} trials that are asked for")


def written(setting: Setting) -> str:
    """`lr=0.001, r1.weight=2`, as a label has it."""
    return ", ".join(f"{name}={text(value)}" for name, value in setting)


def as_json(setting: Setting) -> dict[str, Any]:
    """A number, a text or True as it is; any other value as a suite would write it."""
    return {
        name: value if isinstance(value, bool | int | float | str | None) else text(value) for name, value in setting
    }


def trial_seeds(trial: int, count: int) -> tuple[int, ...]:
    """The seeds of a trial of any method: no other trial's, and none that a suite may have for its results."""
    first = FIRST + OF_A_TRIAL * trial
    return tuple(range(first, first + count))


def of_trials(seeds: Sequence[int]) -> list[int]:
    """Those of some seeds that belong to trials."""
    return [seed for seed in seeds if FIRST <= seed < FIRST + OF_A_TRIAL * MOST]
