"""How every seed of every cell ended, and its curve of quality: what the stability panel and the leaderboard read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from bench.diagnostics.series import Floats
from bench.stats.outcomes import DONE, UNJUDGED, WITHOUT_NUMBER, Outcome, ended

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
    return {
        (str(suite), str(dataset), str(method)): _seeds(cell)
        for (suite, dataset, method), cell in rows.groupby(CELL, sort=False, dropna=False)
    }


def _seeds(cell: pd.DataFrame) -> dict[int, SeedCurve]:
    ends = _endings(cell)
    quality = cell[(cell["name"] == QUALITY) & (cell["kind"] == "score")].sort_values("step")
    curves: dict[Any, pd.DataFrame] = dict(iter(quality.groupby("seed")))
    whole = [rows["step"].iloc[-1] for seed, rows in curves.items() if seed not in ends or not ends[seed].of_block]
    end = float(max(whole)) if whole else np.nan
    paid = {name: cell[cell["name"] == name].groupby("seed") for name in ("training_s", "gradients_per_step")}
    seconds = {seed: r["value"].iloc[-1] / r["step"].iloc[-1] for seed, r in paid["training_s"] if r["step"].iloc[-1]}
    gradients = {seed: r["value"].iloc[-1] for seed, r in paid["gradients_per_step"]}
    none = pd.DataFrame({"step": [], "value": []})
    return {
        seed: SeedCurve(
            outcome.shown,
            curves.get(seed, none)["step"].to_numpy(np.float64),
            curves.get(seed, none)["value"].to_numpy(np.float64),
            end,
            float(seconds.get(seed, np.nan)),
            float(gradients.get(seed, np.nan)),
        )
        for seed, outcome in ends.items()
    }


def _endings(cell: pd.DataFrame) -> dict[int, Outcome]:
    """How every seed ended; without those that came to no result (a broken machine is no seed's outcome)."""
    last = cell.drop_duplicates("seed", keep="last").set_index("seed")
    status: Mapping[Any, Any] = last["status"].to_dict() if "status" in last else {}
    outcomes: Mapping[Any, Any] = last["outcome"].to_dict()
    found = {seed: ended(outcome, status.get(seed, DONE)) for seed, outcome in outcomes.items()}
    return {seed: found[seed] for seed in sorted(found) if found[seed].result}
