"""What a tidy frame says about a method: one number for each seed and data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bench.claims.claim_types import Claim, Spent
from bench.claims.label_patterns import matches
from bench.claims.spend import of_cell, steps_at
from bench.diagnostics.summary import measure_of, summarise
from bench.plugins.lazily import lazily
from bench.stats.comparable import PROTOCOL, RUN, VERSIONS, differences
from bench.stats.measure import Floats, Measure
from bench.stats.outcomes import ALIVE, DEAD, SOUND, UNJUDGED, outcome

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

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

    seeds: int = 0  # how many of every cell; 0: those that are there
    datasets: tuple[str, ...] = ()  # labels of its rows; (): those that are there
    named: frozenset[int] = frozenset()  # the seeds themselves, where they are known
    cells: frozenset[tuple[str, str]] | None = None  # (data set, method), where they are known
    stale: frozenset[tuple[str, str]] = frozenset()  # cells that were run, but with other options or code


@dataclass(frozen=True)
class Evidence:
    """A tidy frame, asked by name.

    Columns dataset, method, seed, step, kind, name, value, outcome; where there are also protocol, data, precision or
    device, they guard comparisons (stats/comparable.py). A score is read at the cell's last evaluation; a trace is the
    median over the second half of training (one curve, one number); a diagnostic is `summarise`'s; a cost is one number a
    block. A seed whose outcome is diverged, timeout or oom is dead whatever its numbers; so is one without a finite last
    score. A seed that is unlearned, collapsed or mode-dropping is alive with the numbers that it ended with, and failed where only
    failures are asked for. One that is unjudged (its quality is not known) is alive; where failures are asked for, it
    stands beside its like only: there, to fail is to die. `there` holds what a score means on one data set, where that is
    known: the value of real data of a two-sided score, and whether the score can tell real data from nothing at all.
    """

    frame: pd.DataFrame
    scores: Mapping[str, Measure]
    asked: Asked = Asked()
    there: Mapping[tuple[str, str], Measure] = field(default_factory=dict)  # (data set, score)

    @cached_property
    def outcomes(self) -> pd.Series[str]:
        """Of every seed. Raises ValueError for one that has no row in the table of outcomes."""
        last = self.frame.groupby(["dataset", "method", "seed"], sort=True)["outcome"].last()
        return last.map(lambda name: outcome(name).name)

    @cached_property
    def diagnostics(self) -> pd.DataFrame:
        parts = [self._summary(str(d), rows) for d, rows in self.frame.groupby("dataset", sort=False)]
        found = pd.concat(parts) if parts else summarise(self.frame, self.scores)
        return found.dropna(subset=["seed"])

    def _summary(self, dataset: str, rows: pd.DataFrame) -> pd.DataFrame:
        """The diagnostics of one data set; those of a two-sided score are of its distance from real data."""
        own = {name: self.there[dataset, name] for name in self.scores if (dataset, name) in self.there}
        two_sided = {name: one.target for name, one in own.items() if one.target is not None}
        if two_sided:
            target = rows["name"].map(two_sided).where(rows["kind"] == "score")
            rows = rows.assign(value=(rows["value"] - target).abs().where(target.notna(), rows["value"]))
        lower = dict.fromkeys(two_sided, Measure(higher_is_better=False))
        return summarise(rows, {**self.scores, **lower})

    def datasets(self, methods: tuple[str, ...]) -> list[str]:
        """Data sets on which every one of the methods was run."""
        found = [set(self.frame.loc[self.frame["method"] == m, "dataset"]) for m in methods]
        return sorted(set.intersection(*found))

    def some(self, methods: tuple[str, ...]) -> list[str]:
        """Data sets on which any of the methods was run."""
        return sorted(set(self.frame.loc[self.frame["method"].isin(methods), "dataset"]))

    def lacking(self, claim: Claim, found: Sequence[str]) -> list[str]:
        """What of a claim's data sets is not among those that were found: labels, or patterns where only these are known."""
        if self.asked.cells is None:
            patterns = claim.on or claim.among or self.asked.datasets
            return [p for p in patterns if not any(matches(label, p) for label in found)]
        asked = {dataset for dataset, method in self.asked.cells if method in claim.methods and claim.covers(dataset)}
        return sorted(asked - set(found))

    def not_run(self, dataset: str, method: str) -> str:
        """That a cell was not run, in words."""
        since = " since its options or the code changed" * ((dataset, method) in self.asked.stale)
        return f"{method} was not run on {dataset}{since}"

    def score_of(self, name: str) -> str:
        """The score that a name is, or is a diagnostic of; '' where it is neither."""
        named = sorted(self.scores, key=len, reverse=True)
        return next((score for score in named if name == score or name.startswith(f"{score}_")), "")

    def measure(self, name: str, dataset: str) -> Measure | None:
        """What a score, or the score that it is a diagnostic of, means on one data set; None where that isn't known."""
        return self.there.get((dataset, self.score_of(name)))

    def meaning(self, name: str, dataset: str, plain: Measure) -> Measure:
        """How a score or a diagnostic is compared on one data set: of what is two-sided, the distance from real data.

        `plain` is its direction elsewhere. Diagnostics are taken of that distance already.
        """
        known = self.measure(name, dataset)
        if known is None or known.target is None:
            return plain
        if name in self.scores:
            return known
        points = name.removeprefix(f"{self.score_of(name)}_") in ("best", "area")  # where the score points
        return replace(plain, higher_is_better=False) if points else plain

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

    def seeds_of(self, dataset: str, method: str) -> set[int]:
        """The seeds of a method on a data set that came to a result."""
        outcomes = self.outcomes.loc[[dataset]].xs(method, level="method").droplevel("dataset")
        return {int(seed) for seed in outcomes[outcomes.isin(ALIVE | DEAD)].index}

    def short(self, seeds: set[int], others: set[int]) -> tuple[int, int] | None:
        """(how many, of how many) where seeds lack some of those that the suite asks for or that any side has; or None."""
        wanted = self.asked.named | others
        there, count = len(seeds & wanted), max(len(wanted), 0 if self.asked.named else self.asked.seeds)
        return (there, count) if there < count else None

    def seed_values(self, name: str, dataset: str, method: str, at: Spent | None = None) -> SeedValues:
        """The seeds of a method on a data set; `name` "" asks for failures only.

        `at`: a score or a trace as it was when so much was spent, at the last measurement before; who died later is alive.
        """
        if at is not None:
            return self._then(name, dataset, method, at)
        outcomes = self.outcomes.loc[[dataset]].xs(method, level="method").droplevel("dataset")
        if name and self.shared(name):
            return self._blocks(name, dataset, method, outcomes)
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

    def _then(self, name: str, dataset: str, method: str, at: Spent) -> SeedValues:
        cell = of_cell(self.frame, (dataset, method))
        seeds = sorted(self.seeds_of(dataset, method))
        paid = steps_at(cell, at)
        rows = cell[(cell["name"] == name) & (cell["step"] <= (paid or 0.0))]
        if rows.empty:
            return SeedValues(np.array([]), 0, (), len(seeds))
        if (rows["kind"] == "score").any():
            values = self._single(rows[rows["step"] == rows["step"].max()]).reindex(seeds)
        else:
            late = rows[rows["step"] >= rows["step"].max() / 2]
            values = late.groupby("seed")["value"].median().reindex(seeds)
        return SeedValues(np.asarray(values, dtype=np.float64), int(values.isna().sum()), tuple(seeds), 0)

    def protocols(self, name: str, dataset: str, methods: tuple[str, ...]) -> str | None:
        """What differs between the methods' numbers; None where they may be compared."""
        rows = self.frame[(self.frame["dataset"] == dataset) & self.frame["method"].isin(methods)]
        return self._differs(rows, name, (PROTOCOL, *RUN), f"on {dataset}", "method")

    def settings(self, name: str, sides: Mapping[str, str]) -> str | None:
        """What differs between methods on data sets of their own (data set -> method), beside the data."""
        pairs = zip(self.frame["dataset"], self.frame["method"], strict=True)
        rows = self.frame[[pair in set(sides.items()) for pair in pairs]]
        return self._differs(rows, name, [w for w in RUN if w != "data"], f"between {' and '.join(sides)}", "dataset")

    def releases(self, cells: Sequence[tuple[str, str]]) -> str:
        """That cells were run with unlike releases of PyTorch: told, and decides nothing."""
        pairs = zip(self.frame["dataset"], self.frame["method"], strict=True)
        rows = self.frame[[pair in set(cells) for pair in pairs]]
        return "; ".join(differences(_made(rows, (VERSIONS,), "method"), (VERSIONS,)))

    def _differs(self, rows: pd.DataFrame, name: str, of: Sequence[str], where: str, by: str) -> str | None:
        living = {outcome(one).name for one in rows["outcome"].unique()} & ALIVE
        if not name and UNJUDGED.name in living and living != {UNJUDGED.name}:
            return f"quality is known for some seeds only {where}: failures are not the same thing for all"
        score = self.score_of(name)
        # a protocol belongs to a score (and its diagnostics) or to outcomes, the rest to the run
        measured = rows[rows["name"] == score] if score or not name else rows.iloc[:0]
        sides = [*_made(measured, (PROTOCOL,), by), *_made(rows, RUN, by)]
        told = differences(sides, of)
        return f"{where}, {'; '.join(told)}" if told else None

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


def _made(rows: pd.DataFrame, of: Sequence[str], by: str) -> list[tuple[str, dict[str, str]]]:
    """What rows were made under, once each: (label of the side, what -> value)."""
    known = [what for what in of if what in rows]
    found = rows[[by, *known]].drop_duplicates().sort_values([by, *known])
    sides = found.astype(object).where(found.notna(), "").to_dict("records")
    return [(str(side[by]), {what: str(side[what]) for what in known}) for side in sides]
