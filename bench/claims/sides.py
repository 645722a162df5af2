"""What a claim compares: for each of its sides the cells, one for every data set, and what of them is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.claims.claim_types import Claim, Threshold
from bench.claims.evidence import Evidence, SeedValues
from bench.claims.parse import direction
from bench.claims.spend import falls_short, of_cell, unequal
from bench.stats.measure import Measure


@dataclass(frozen=True)
class Sides:
    """A claim's sides. `strata` are their cells: one tuple of (data set, method), side by side, for each data set."""

    claim: Claim
    strata: tuple[tuple[tuple[str, str], ...], ...]
    gaps: tuple[str, ...] = ()  # what of it was not run
    why: str = ""  # why there are no strata

    def labels(self) -> list[str]:
        """A name for each side."""
        if self.claim.than_on is None or not self.strata:
            return list(self.claim.methods)
        return [f"{method} on {dataset}" for dataset, method in self.strata[0]]

    def samples(self, evidence: Evidence) -> dict[str, list[SeedValues]]:
        """The seeds of each side, by stratum."""
        return {
            label: [evidence.seed_values(self.claim.measure, *stratum[k], self.claim.at) for stratum in self.strata]
            for k, label in enumerate(self.labels())
        }

    def measures(self, evidence: Evidence) -> list[tuple[Measure, ...]]:
        """What the claim's measure means, by stratum and side. The median of a threshold is compared as it is."""
        plain = direction(self.claim, evidence.scores)
        if isinstance(self.claim, Threshold):
            return [(plain,) * len(stratum) for stratum in self.strata]
        return [tuple(evidence.meaning(self.claim.measure, d, plain) for d, _ in stratum) for stratum in self.strata]

    def differs(self, evidence: Evidence) -> str | None:
        """Why its numbers may not be compared; None where they may."""
        claim = self.claim
        if claim.than_on is not None:
            if why := evidence.settings(claim.measure, dict(self.strata[0])):
                return why
        else:
            for stratum in self.strata:
                if why := evidence.protocols(claim.measure, stratum[0][0], claim.methods):
                    return why
        if claim.at is None and not isinstance(claim, Threshold) and not evidence.shared(claim.measure):
            for stratum in self.strata:
                if why := unequal(evidence.frame, stratum):
                    return why
        if len({one.higher_is_better for stratum in self.measures(evidence) for one in stratum}) > 1:
            return f"what real data reads in {claim.measure} is known on some of its data sets only"
        return None

    def silent(self, evidence: Evidence) -> str | None:
        """Why its score says nothing on one of its data sets; None where it speaks."""
        for dataset in dict.fromkeys(dataset for stratum in self.strata for dataset, _ in stratum):
            known = evidence.measure(self.claim.measure, dataset)
            if known is not None and not known.tells:
                score = evidence.score_of(self.claim.measure)
                return (
                    f"{score} does not tell real data from a Gaussian of its moments, half of it or copies of it on {dataset}: "
                    "use more samples (n)"
                )
        return None

    def missing(self, evidence: Evidence, samples: Mapping[str, list[SeedValues]]) -> list[str]:
        """What of it has no number: a cell, or seeds that the suite asks for or that another side has."""
        found = list(self.gaps)
        if self.claim.at is not None:
            for cell in dict.fromkeys(side for stratum in self.strata for side in stratum):
                if short := falls_short(of_cell(evidence.frame, cell), cell, self.claim.at):
                    found.append(short)
        shared = bool(self.claim.measure) and evidence.shared(self.claim.measure)
        for k, stratum in enumerate(self.strata):
            every: set[int] = set().union(*(evidence.seeds_of(*side) for side in stratum))
            for (dataset, method), of in zip(stratum, samples.values(), strict=True):
                seeds = evidence.seeds_of(dataset, method) if shared else set(of[k].seeds)
                if lack := evidence.short(seeds, every):
                    found.append(f"{method} on {dataset}: {lack[0]} of {lack[1]} seeds have a value")
        return found


def sides_of(claim: Claim, evidence: Evidence) -> Sides:
    """The cells that a claim compares, on the data sets on which all of its methods were run."""
    if claim.than_on is not None:
        pairs = tuple(zip((*claim.on, claim.than_on), claim.methods, strict=True))
        gaps = tuple(evidence.not_run(d, m) for d, m in pairs if d not in evidence.datasets((m,)))
        return Sides(claim, () if gaps else (pairs,), gaps, "; ".join(gaps))
    run = [d for d in evidence.some(claim.methods) if claim.covers(d)]
    if not run:
        where = f"on {' and '.join(claim.on)}" if claim.on else "on any data set"
        return Sides(claim, (), (), f"{' and '.join(claim.methods)}: not run {where}")
    measured = [d for d in run if evidence.measured(claim.measure, d, claim.methods)]
    if not measured:
        return Sides(claim, (), (), f"no record holds {claim.measure}")
    missing = [f"not run on {p}" for p in evidence.lacking(claim, run)]
    whole = []
    for dataset in measured:
        lacking = [m for m in claim.methods if dataset not in evidence.datasets((m,))]
        missing += [evidence.not_run(dataset, m) for m in lacking]
        if not lacking:
            whole.append(tuple((dataset, method) for method in claim.methods))
    return Sides(claim, tuple(whole), tuple(missing), "; ".join(missing))
