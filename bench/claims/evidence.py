"""What a tidy frame says about a method: one number for each seed and data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from bench.claims.label_patterns import matches
from bench.diagnostics.summary import measure_of, summarise
from bench.stats.measure import Floats, Measure

ALIVE = frozenset(
    {"done", "unlearned", "collapsed", "mode-dropping"}
)  # they keep their numbers; all but done count as failed
DEAD = frozenset({"diverged", "timeout", "oom"})  # results: they rank worst
PROTOCOL = ("protocol", "precision", "device")  # two numbers that differ in these are never compared
SHARED = "cost"  # the kind of what the seeds of a block share


@dataclass(frozen=True)
class SeedValues:
    """One method on one data set, the seeds in order; of a cost, its blocks of seeds."""

    numbers: Floats  # [n], NaN = dead (asked for failures only: or failed otherwise)
    failed: int  # of n
    seeds: tuple[int, ...]  # [n]; of a block its first
    missing: int  # seeds without a result: a crash of the machinery, or a diagnostic that has no value; not among the n


@dataclass(frozen=True)
class Asked:
    """What a suite asks for: a claim that misses any of it is not decided."""

    seeds: int = 0  # of every cell; 0: those that are there
    datasets: tuple[str, ...] = ()  # labels of its rows; (): those that are there


@dataclass(frozen=True)
class Evidence:
    """A tidy frame, asked by name.

    Columns dataset, method, seed, step, kind, name, value, outcome; where there are also protocol, precision or
    device, they guard comparisons. A score is read at the cell's last evaluation; a trace is the median over the
    second half of training (one curve, one number); a diagnostic is `summarise`'s; a cost is one number a block. A seed
    whose outcome is diverged, timeout or oom is dead whatever its numbers; so is one without a finite last score. A seed
    that is unlearned, collapsed or mode-dropping is alive with the numbers that it ended with, and failed where only
    failures are asked for. `there` holds what a score means on one data set, where that is known: the value of real data
    of a two-sided score, and whether the score can tell real data from nothing at all.
    """

    frame: pd.DataFrame
    scores: Mapping[str, Measure]
    asked: Asked = Asked()
    there: Mapping[tuple[str, str], Measure] = field(default_factory=dict)  # (data set, score)

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

    def some(self, methods: tuple[str, ...]) -> list[str]:
        """Data sets on which any of the methods was run."""
        return sorted(set(self.frame.loc[self.frame["method"].isin(methods), "dataset"]))

    def lacking(self, patterns: Sequence[str], found: Sequence[str]) -> list[str]:
        """The patterns, or the suite's rows where there are none, that no data set of `found` meets."""
        return [p for p in patterns or self.asked.datasets if not any(matches(label, p) for label in found)]

    def score_of(self, name: str) -> str:
        """The score that a name is, or is a diagnostic of; '' where it is neither."""
        named = sorted(self.scores, key=len, reverse=True)
        return next((score for score in named if name == score or name.startswith(f"{score}_")), "")

    def measure(self, name: str, dataset: str) -> Measure | None:
        """What a score, or the score that it is a diagnostic of, means on one data set; None where that isn't known."""
        return self.there.get((dataset, self.score_of(name)))

    def shared(self, name: str) -> bool:
        """Whether the seeds of a block share the number: times, rates, memory."""
        kinds = self.frame.loc[self.frame["name"] == name, "kind"]
        return bool(len(kinds)) and bool((kinds == SHARED).all())

    def measured(self, name: str, dataset: str, methods: tuple[str, ...]) -> bool:
        """Whether a score was read on a data set at all; everything else always is."""
        if name not in self.scores:
            return True
        rows = self.frame
        return bool(((rows["dataset"] == dataset) & rows["method"].isin(methods) & (rows["name"] == name)).any())

    def seeds(self, dataset: str, methods: tuple[str, ...]) -> int:
        """How many seeds each method should have on a data set: the suite's, and all that any of them has."""
        rows = self.frame[(self.frame["dataset"] == dataset) & self.frame["method"].isin(methods)]
        return max(self.asked.seeds, rows["seed"].nunique())

    def seed_values(self, name: str, dataset: str, method: str) -> SeedValues:
        """The seeds of a method on a data set; `name` "" asks for failures only."""
        outcomes = self.outcomes.loc[[dataset]].xs(method, level="method").droplevel("dataset")
        if name and self.shared(name):
            return self._blocks(name, dataset, method, outcomes)
        alive, dead = outcomes[outcomes.isin(ALIVE)].index, outcomes[outcomes.isin(DEAD)].index
        missing = len(outcomes) - len(alive) - len(dead)
        if not name:
            values = (outcomes[alive] == "done").map({True: 0.0, False: np.nan}).astype(np.float64)
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
        return self._differs(rows, name, PROTOCOL, f"on {dataset}")

    def settings(self, name: str, sides: Mapping[str, str]) -> str | None:
        """What differs between methods on data sets of their own (data set -> method), beside the data."""
        pairs = zip(self.frame["dataset"], self.frame["method"], strict=True)
        rows = self.frame[[pair in set(sides.items()) for pair in pairs]]
        return self._differs(rows, name, PROTOCOL[1:], f"between {' and '.join(sides)}")

    def _differs(self, rows: pd.DataFrame, name: str, columns: Sequence[str], where: str) -> str | None:
        score = self.score_of(name)
        for column in columns:  # a protocol belongs to a score (and to the diagnostics of it), the rest to the run
            if column in rows:
                of = rows[rows["name"] == score] if column == "protocol" else rows
                found = sorted(map(str, of[column].dropna().unique()))
                if len(found) > 1:
                    return f"{column} differs {where}: {', '.join(found)}"
        return None

    def _blocks(self, name: str, dataset: str, method: str, outcomes: pd.Series[str]) -> SeedValues:
        """One number a block; a block whose seeds are all dead is dead."""
        rows = self.frame[
            (self.frame["dataset"] == dataset) & (self.frame["method"] == method) & (self.frame["name"] == name)
        ]
        dead = set(outcomes[outcomes.isin(DEAD)].index)
        found = [
            (min(block["seed"]), float("nan") if set(block["seed"]) <= dead else float(block["value"].iloc[0]))
            for _, block in rows.groupby("created" if "created" in rows else "seed", sort=True)
        ]
        numbers = np.array([value for _, value in found], dtype=np.float64)
        return SeedValues(numbers, int(np.isnan(numbers).sum()), tuple(int(seed) for seed, _ in found), 0)

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
