"""How every seed of every cell ended, and its curve of quality: what the stability panel and the leaderboard read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from bench.diagnostics.series import Floats
from bench.plugins.lazily import lazily
from bench.stats.outcomes import DONE, UNJUDGED, WITHOUT_NUMBER, Outcome, ended

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

QUALITY = "quality"
REACHED = 0.7  # of quality, for the time to it
CELL = ["suite", "dataset", "method"]
NEEDED = [*CELL, "seed", "step", "kind", "name", "value", "outcome"]

Name: TypeAlias = tuple[str, str, str]  # suite, data set, method


@dataclass(frozen=True)
class SeedCurve:
    """One seed of one cell."""

    outcome: str  # as shown: ok, unjudged, or one of FAILURES
    steps: Floats  # [T] of its evaluations
    q: Floats  # [T], NaN where an evaluation gave no number
    end: float  # the step of the cell's last evaluation
    seconds: float  # of training a step; NaN where nothing says
    gradients: float  # a step, of all players together; NaN likewise

    @property
    def dead(self) -> bool:
        """It has no final number and ranks worst."""
        return self.outcome in WITHOUT_NUMBER

    @property
    def trained(self) -> bool:
        """Whether it has a curve at all: samples that were made elsewhere are looked at before any step."""
        return self.end != 0

    @property
    def last(self) -> float:
        """q at the cell's last evaluation; NaN of a dead seed."""
        there = len(self.q) > 0 and not self.dead and self.steps[-1] == self.end
        return float(self.q[-1]) if there and np.isfinite(self.q[-1]) else np.nan

    @property
    def lost(self) -> float:
        """Best q - last q; a dead seed has lost everything: infinite."""
        return float(np.nanmax(self.q) - self.last) if np.isfinite(self.last) else np.inf

    @property
    def swing(self) -> float:
        """Standard deviation of q over the second half of the evaluations; infinite of a dead seed, NaN of one evaluation."""
        late = self.q[len(self.q) // 2 :]
        if not np.isfinite(self.last) or not np.isfinite(late).all():
            return np.inf
        return float(late.std()) if len(late) > 1 else np.nan

    @cached_property
    def arrived(self) -> float:
        """The first step with q >= .7; infinite where it never came, or the seed is dead."""
        (there,) = np.nonzero(self.q >= REACHED)
        return float(self.steps[there[0]]) if len(there) and not self.dead else np.inf


def judged(curves: Iterable[SeedCurve]) -> bool:
    """Whether quality was measured, on every seed that lives: beside an unjudged one the dead would count too much."""
    curves = list(curves)
    return any(len(c.q) for c in curves) and not any(c.outcome == UNJUDGED.shown for c in curves)


def checked(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame, if it is one of `bench.load(...)`. Raises ValueError, one line, where it is not, or holds a cell twice."""
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(f"expected the DataFrame of bench.load(...), not {type(frame).__name__}")
    if absent := [name for name in NEEDED if name not in frame.columns]:
        raise ValueError(f"the frame has no column {', '.join(absent)}: give the DataFrame of bench.load(...)")
    if frame.empty:
        raise ValueError("the frame has no rows: no seed of these results has a number yet")
    quality = frame[(frame["name"] == QUALITY) & (frame["kind"] == "score")]
    twice = quality[quality.duplicated([*CELL, "seed", "step"])]
    if len(twice):
        suite, dataset, method, seed = twice.iloc[0][[*CELL, "seed"]]
        raise ValueError(
            f"{suite}, {dataset}, {method}: seed {seed} is there twice; a frame holds one run of every seed, so load one "
            "folder, or give the runs' suites names of their own"
        )
    return frame


def seed_curves(frame: pd.DataFrame) -> dict[Name, dict[int, SeedCurve]]:
    """Every cell of a frame in its order, with its seeds that came to a result. ValueError: `checked`, `ended`."""
    rows = checked(frame)
    cell = rows.groupby(CELL, sort=False, dropna=False, observed=True).ngroup().to_numpy()
    seed = rows["seed"].to_numpy(np.int64)
    firsts = np.unique(cell, return_index=True)[1]
    names = rows.iloc[firsts][CELL].astype(str).itertuples(index=False, name=None)
    found: dict[Name, dict[int, SeedCurve]] = {(suite, dataset, method): {} for suite, dataset, method in names}
    cells = list(found.values())
    last = _Lasts(rows, cell, seed)
    curves = _curves(rows, cell, seed)
    ends: dict[int, float] = {}
    for (k, s), (steps, _) in curves.items():
        if (k, s) not in last.ends or not last.ends[k, s].of_block:
            ends[k] = max(ends.get(k, -np.inf), float(steps[-1]))
    none = np.empty(0)
    for (k, s), end in sorted(last.ends.items()):
        if end.result:
            steps, q = curves.get((k, s), (none, none))
            prices = last.seconds.get((k, s), np.nan), last.gradients.get((k, s), np.nan)
            cells[k][s] = SeedCurve(end.shown, steps, q, ends.get(k, np.nan), *prices)
    return found


class _Lasts:
    """What the last row of each seed of each cell says; keys are (number of the cell, seed)."""

    def __init__(self, rows: pd.DataFrame, cell: np.ndarray, seed: np.ndarray) -> None:
        outcomes, names = rows["outcome"].astype(object).to_numpy(), rows["name"]
        statuses = rows["status"].astype(object).to_numpy() if "status" in rows else None
        everything = np.arange(len(rows))
        self.ends: dict[tuple[int, int], Outcome] = {
            key: ended(outcomes[k], DONE if statuses is None else statuses[k])
            for key, k in _last(cell, seed, everything).items()
        }
        value, step = rows["value"].to_numpy(np.float64), rows["step"].to_numpy(np.float64)
        (trained,), (priced,) = (np.nonzero((names == of).to_numpy()) for of in ("training_s", "gradients_per_step"))
        of_training = _last(cell, seed, trained).items()
        self.seconds = {key: float(value[k] / step[k]) for key, k in of_training if step[k]}
        self.gradients = {key: float(value[k]) for key, k in _last(cell, seed, priced).items()}


def _last(cell: np.ndarray, seed: np.ndarray, at: np.ndarray) -> dict[tuple[int, int], int]:
    """(cell, seed) -> the last of the rows `at` that is theirs."""
    order = at[np.lexsort((at, seed[at], cell[at]))]
    if not len(order):
        return {}
    final = np.append((np.diff(cell[order]) != 0) | (np.diff(seed[order]) != 0), True)
    return {(int(cell[k]), int(seed[k])): int(k) for k in order[final]}


def _curves(rows: pd.DataFrame, cell: np.ndarray, seed: np.ndarray) -> dict[tuple[int, int], tuple[Floats, Floats]]:
    """(cell, seed) -> steps and q."""
    (at,) = np.nonzero(((rows["name"] == QUALITY) & (rows["kind"] == "score")).to_numpy())
    step, value = rows["step"].to_numpy(np.float64), rows["value"].to_numpy(np.float64)
    at = at[np.lexsort((step[at], seed[at], cell[at]))]
    if not len(at):
        return {}
    (breaks,) = np.nonzero((np.diff(cell[at]) != 0) | (np.diff(seed[at]) != 0))
    parts = np.split(at, breaks + 1)
    return {(int(cell[part[0]]), int(seed[part[0]])): (step[part], value[part]) for part in parts}
