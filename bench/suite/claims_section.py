"""`claims:` of a suite or of one of its experiments, read from the file and checked against what it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.claims import Claim, ClaimError, mute, parse
from bench.metrics.base import Metric
from bench.stats import Measure
from bench.suite.suite import Dataset, Method, Skip
from bench.suite.validation import broken, labelled
from bench.suite.yaml_lines import Item, Problems


@dataclass(frozen=True)
class Scope:
    """What claims may speak of."""

    datasets: tuple[Dataset, ...]
    methods: tuple[Method, ...]
    skip: tuple[Skip, ...] = ()
    written: Mapping[str, set[str]] = field(default_factory=dict)  # section -> its labels, those of wrong rows too
    scores: Mapping[str, Measure] | None = None  # None: what is measured isn't known

    @property
    def labels(self) -> dict[str, list[str]]:
        """The labels of both sections; rows that are wrong are noted once, where they stand."""
        made = {"datasets": [d.label for d in self.datasets], "methods": [m.label for m in self.methods]}
        return {section: [*labels, *broken(self.written, section, labels)] for section, labels in made.items()}


@dataclass(frozen=True)
class Promise:
    """A claim, where it stands, and over how many data sets it is judged."""

    claim: Claim
    line: int
    strata: int


def measures(scores: Sequence[Metric]) -> dict[str, Measure]:
    """Which way every column is better, and on which scale; quality is measured wherever anything is."""
    found = {name: Measure(score.higher_is_better, score.scale) for score in scores for name in score.names()}
    return found | {"quality": Measure(higher_is_better=True)} if found else found


def claims(item: Item | None, scope: Scope, place: str, problems: Problems) -> list[Promise]:
    """Every claim of a section; `place` stands before `claims.` in messages."""
    found = []
    prefix = place.removesuffix(".")
    made = {section: set(labels) for section, labels in scope.labels.items()}
    real = {m.label for m in scope.methods}, {d.label for d in scope.datasets}
    for label, entry in labelled(item, f"{place}claims", problems):
        try:
            (claim,) = parse({label: entry.plain}, scores=scope.scores, **made)
        except ClaimError as error:
            problems.add(entry.line, prefix, error)
            continue
        if not set(claim.methods) <= real[0] or not {claim.on, claim.than_on} <= {None, *real[1]}:
            continue  # its rows are wrong, and that is noted where they stand
        where = [d for d in scope.datasets if claim.covers(d.label) and not _left_out(scope, d, claim.methods)]
        if where:
            found.append(Promise(claim, entry.line, len(where)))
        else:
            why = "every cell that it is about is left out under 'skip'"
            problems.add(entry.line, f"{place}claims.{claim.name}", why)
    return found


def decidable(promises: Sequence[Promise], seeds: int, problems: Problems) -> None:
    """Notes the claims that so many seeds could never support, and names that are given twice."""
    for k, one in enumerate(promises):
        if seeds and (why := mute(one.claim, seeds, one.strata, len(promises))):
            problems.add(one.line, "", why)
        if first := next((p for p in promises[:k] if p.claim.name == one.claim.name), None):
            said = f"another claim has this name (line {first.line}): verdicts are told apart by it"
            problems.add(one.line, f"claims.{one.claim.name}", said)


def _left_out(scope: Scope, dataset: Dataset, labels: Sequence[str]) -> bool:
    return any(one.covers(dataset, m) for one in scope.skip for m in scope.methods if m.label in labels)
