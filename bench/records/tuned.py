"""`tuned.json` beside the records of a suite: which settings were tried, what each reached, and which was chosen.

It is made anew from the records of the trials (in `.trials/`) whenever a suite is tuned or run; readers need no plugin and no
record of a trial.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np

from bench.records.store import plain, write_atomically
from bench.records.stored_plan import UNREAD
from bench.records.strict_json import read_json
from bench.stats.outcomes import outcome

FILE = "tuned.json"
QUALITY = "quality"
WAITS = "it is one for all data sets, and another one's trials are not done"
WORKS = 0.7  # quality from which on a trial works, as the stability panel has it


@dataclass(frozen=True)
class SeedEnd:
    """How one seed of a trial ended."""

    seed: int
    outcome: str
    value: float | None  # the last of the score that selects; None: dead, or not a number
    quality: float | None = None

    @property
    def alive(self) -> bool:
        return outcome(self.outcome).number


@dataclass(frozen=True)
class Trial:
    """One setting and what it reached."""

    trial: int
    setting: Mapping[str, Any]
    key: str
    seeds: tuple[SeedEnd, ...] = ()  # () until all have come to a result

    @property
    def done(self) -> bool:
        return bool(self.seeds)


@dataclass(frozen=True)
class Direction:
    """How the score that selects is read: which way is better, or which value is right."""

    higher_is_better: bool = True
    target: float | None = None  # of a two-sided score: the distance from it counts

    def turned(self, value: float | None) -> float:
        """Larger is better; -inf where there is no number."""
        if value is None or np.isnan(value):
            return -inf
        return -abs(value - self.target) if self.target is not None else value if self.higher_is_better else -value

    def back(self, turned: float) -> float:
        """A turned value as it is shown: in the score's units, or as the distance from the target; NaN for a failure."""
        if not np.isfinite(turned):
            return nan
        return -turned if self.target is not None or not self.higher_is_better else turned


@dataclass(frozen=True)
class Tuned:
    """What tuning found for one method on one data set."""

    dataset: str
    method: str
    space: Mapping[str, str]
    trials: tuple[Trial, ...]
    direction: Direction = field(default_factory=Direction)
    cant: str = ""  # why nothing can be selected by this score here
    shared: (
        tuple[float, ...] | None
    ) = ()  # of each trial, its mean over the data sets that share a setting; None: not all done

    @property
    def complete(self) -> bool:
        return all(trial.done for trial in self.trials)

    def values(self) -> np.ndarray:
        """[n], of the trials that are done, in their order: the median over seeds, turned so that larger is better; a dead
        seed is -inf, and so is the median that falls on one."""
        return np.array(
            [median([self.direction.turned(s.value if s.alive else None) for s in t.seeds]) for t in self._done()]
        )

    def qualities(self) -> np.ndarray | None:
        """[n], of the trials that are done: the median q, dead seeds -inf; None where quality was not measured."""
        done = self._done()
        if not any(s.quality is not None for t in done for s in t.seeds):
            return None
        return np.array(
            [median([-inf if s.quality is None or not s.alive else s.quality for s in t.seeds]) for t in done]
        )

    @property
    def works(self) -> bool:
        """Whether any trial came to a number."""
        return bool(np.isfinite(self.values()).any())

    @property
    def chosen(self) -> Trial | None:
        """The best trial, of equal ones the first; the first of all where none came to a number. None until all are done."""
        if not self.complete or self.cant or self.shared is None:
            return None
        return self.trials[int(np.argmax(self.shared or self.values()))]

    def _done(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.done]


@dataclass(frozen=True)
class TunedSuite:
    """Everything that `tune:` of a suite found so far."""

    select: str
    trials: int
    seeds: int
    cells: tuple[Tuned, ...]

    def on(self, dataset: str) -> list[Tuned]:
        return [one for one in self.cells if one.dataset == dataset]


def sharing(cells: Sequence[Tuned]) -> tuple[Tuned, ...]:
    """The cells, where each method has one setting for all data sets: that of the best mean. A failure on one is one on all."""
    found = []
    for one in cells:
        together = [other for other in cells if other.method == one.method]
        done = all(other.complete and not other.cant for other in together)
        means = np.mean([other.values() for other in together], axis=0) if done else None
        found.append(replace(one, shared=None if means is None else tuple(float(mean) for mean in means)))
    return tuple(found)


def median(values: Sequence[float]) -> float:
    """With -inf among the middle ones it is -inf."""
    ranked = sorted(values)
    n = len(ranked)
    return float((ranked[(n - 1) // 2] + ranked[n // 2]) / 2)


def write(root: Path, found: TunedSuite) -> None:
    """Keep it beside the suite's records."""
    told = {"select": found.select, "trials": found.trials, "seeds": found.seeds}
    text = json.dumps(plain(told | {"cells": [_told(one) for one in found.cells]}), indent=1, allow_nan=False) + "\n"
    write_atomically(root / FILE, lambda draft: draft.write_text(text, encoding="utf-8"))


def _told(one: Tuned) -> dict[str, Any]:
    values = iter(one.values())
    best = one.chosen
    return {
        "dataset": one.dataset,
        "method": one.method,
        "space": dict(one.space),
        "direction": asdict(one.direction),
        "cant": one.cant,
        "shared": None if one.shared is None else [one.direction.back(mean) for mean in one.shared],
        "chosen": None if best is None else best.trial,
        "setting": None if best is None else dict(best.setting),
        "works": one.works if best else None,
        "trials": [
            {
                "trial": t.trial,
                "setting": dict(t.setting),
                "key": t.key,
                "value": one.direction.back(float(next(values))) if t.done else None,  # null: failed, or not done
                "seeds": [asdict(s) for s in t.seeds],
            }
            for t in one.trials
        ],
    }


def read(root: Path) -> TunedSuite | None:
    """What lies beside some records; None where nothing does, or, with a warning, nothing that can be read."""
    if not (root / FILE).exists():
        return None
    try:
        held: Any = read_json(root / FILE)
        cells = tuple(
            Tuned(
                str(c["dataset"]),
                str(c["method"]),
                dict(c["space"]),
                tuple(
                    Trial(int(t["trial"]), dict(t["setting"]), str(t["key"]), tuple(SeedEnd(**s) for s in t["seeds"]))
                    for t in c["trials"]
                ),
                Direction(**c["direction"]),
                str(c["cant"]),
                _shared(c),
            )
            for c in held["cells"]
        )
        for end in (s for c in cells for t in c.trials for s in t.seeds):
            outcome(end.outcome)
            _numbers(end.seed, end.value, end.quality)
        for cell in cells:
            _numbers(cell.direction.target, *(cell.shared or ()))
            if not cell.trials:
                raise ValueError("a cell without a trial")
        return TunedSuite(str(held["select"]), int(held["trials"]), int(held["seeds"]), cells)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        warnings.warn(f"{root / FILE}: {UNREAD}", stacklevel=2)
        return None


def _numbers(*values: object) -> None:
    """Raises TypeError for what is neither a number nor none."""
    for value in values:
        if not isinstance(value, int | float | None):
            raise TypeError(f"a number: {value!r}")


def _shared(cell: Mapping[str, Any]) -> tuple[float, ...] | None:
    """Tuned.shared as `_told` wrote it; () of files that had no such thing."""
    means = cell.get("shared", [])
    turned = Direction(**cell["direction"]).turned
    return None if means is None else tuple(turned(mean) for mean in means)
