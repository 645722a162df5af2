"""What a tidy frame says about a method: one number for each seed and data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from bench.diagnostics.summary import measure_of, summarise
from bench.stats.measure import Floats, Measure

ALIVE = frozenset(
    {"done", "unjudged", "unlearned", "collapsed", "mode-dropping"}
)  # they keep their numbers; all but done and unjudged count as failed
SOUND = ("done", "unjudged")
DEAD = frozenset({"diverged", "timeout", "oom"})  # results: they rank worst
PROTOCOL = ("protocol", "precision", "device")  # two numbers that differ in these are never compared


@dataclass(frozen=True)
class SeedValues:
    """One method on one data set, the seeds in order."""

    numbers: Floats  # [n], NaN = dead (asked for failures only: or failed otherwise)
    failed: int  # of n
    seeds: tuple[int, ...]  # [n]
    missing: int  # seeds without a result: a crash of the machinery, or a diagnostic that has no value; not among the n


@dataclass(frozen=True)
class Evidence:
    """A tidy frame, asked by name.

    Columns dataset, method, seed, step, kind, name, value, outcome; where there are also protocol, precision or
    device, they guard comparisons. A score is read at the cell's last evaluation; a trace is the median over the
    second half of training (one curve, one number); a diagnostic is `summarise`'s. A seed whose outcome is diverged,
    timeout or oom is dead whatever its numbers; so is one without a finite last score. A seed that is unlearned,
    collapsed or mode-dropping is alive with the numbers that it ended with, and failed where only failures are asked for.
    One that is unjudged (its quality is not known) is alive; where failures are asked for, it stands beside its like only:
    there, to fail is to die.
    """

    frame: pd.DataFrame
    scores: Mapping[str, Measure]

    @cached_property
    def outcomes(self) -> pd.Series[str]:
        return self.frame.groupby(["dataset", "method", "seed"], sort=True)["outcome"].last()

    @cached_property
    def diagnostics(self) -> pd.DataFrame:
        return summarise(self.frame, self.scores).dropna(subset=["seed"])

    def datasets(self, methods: tuple[str, ...]) -> list[str]:
        """Data sets on which every one of the methods was run."""
        found = [set(self.frame.loc[self.frame["method"] == m, "dataset"]) for m in methods]
        return sorted(set.intersection(*found))

    def seed_values(self, name: str, dataset: str, method: str) -> SeedValues:
        """The seeds of a method on a data set; `name` "" asks for failures only."""
        outcomes = self.outcomes.loc[[dataset]].xs(method, level="method").droplevel("dataset")
        alive, dead = outcomes[outcomes.isin(ALIVE)].index, outcomes[outcomes.isin(DEAD)].index
        missing = len(outcomes) - len(alive) - len(dead)
        if not name:
            values = outcomes[alive].isin(SOUND).map({True: 0.0, False: np.nan}).astype(np.float64)
        else:
            values, lost = self._values(name, dataset, method, alive)
            missing += lost
        both = pd.concat([values, pd.Series(np.nan, index=dead)]).sort_index()
        return SeedValues(
            np.asarray(both, dtype=np.float64), int(both.isna().sum()), tuple(map(int, both.index)), missing
        )

    def protocols(self, name: str, dataset: str, methods: tuple[str, ...]) -> str | None:
        """What differs between the methods' numbers; None where they may be compared."""
        rows = self.frame[(self.frame["dataset"] == dataset) & self.frame["method"].isin(methods)]
        living = set(rows["outcome"]) & ALIVE
        if not name and "unjudged" in living and living != {"unjudged"}:
            return f"quality is known for some seeds only on {dataset}: failures are not the same thing for all"
        score = next(
            (s for s in sorted(self.scores, key=len, reverse=True) if name == s or name.startswith(f"{s}_")), ""
        )
        for column in PROTOCOL:  # a protocol belongs to a score (and to the diagnostics of it), the rest to the run
            if column in rows:
                of = rows[rows["name"] == score] if column == "protocol" else rows
                found = sorted(map(str, of[column].dropna().unique()))
                if len(found) > 1:
                    return f"{column} differs on {dataset}: {', '.join(found)}"
        return None

    def _values(self, name: str, dataset: str, method: str, alive: pd.Index) -> tuple[pd.Series[float], int]:
        """The number of every living seed, and how many have none."""
        rows = self.frame[
            (self.frame["dataset"] == dataset) & (self.frame["method"] == method) & (self.frame["name"] == name)
        ]
        if (rows["kind"] == "score").any():
            last = rows[rows["step"] == rows["step"].max()]
            return self._single(last).reindex(alive), 0  # a living seed without its last score is not comparable: dead
        if len(rows):
            late = rows[rows["step"] >= rows["step"].max() / 2]
            found = late.groupby("seed")["value"].median().reindex(alive)
        elif measure_of(name, self.scores) is not None:
            of_cell = self.diagnostics[
                (self.diagnostics["dataset"] == dataset)
                & (self.diagnostics["method"] == method)
                & (self.diagnostics["name"] == name)
            ]
            found = self._single(of_cell).reindex(alive)
        else:
            found = pd.Series(np.nan, index=alive)
        return found.dropna(), int(found.isna().sum())

    @staticmethod
    def _single(rows: pd.DataFrame) -> pd.Series[float]:
        if rows["seed"].duplicated().any():
            raise ValueError("a seed has two values at one step; one frame holds one run of every cell")
        values = rows.set_index("seed")["value"].astype(np.float64)
        values.index = values.index.astype(np.int64)
        return values
