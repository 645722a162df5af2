"""`claims:` of a suite, read from the file and checked against what it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.claims import Claim, ClaimError, mute, parse
from bench.metrics.base import Metric
from bench.stats import Measure
from bench.suite.suite import Dataset, Method, Skip
from bench.suite.validation import broken, labelled
from bench.suite.yaml_lines import Item, Problems


def measures(scores: Sequence[Metric]) -> dict[str, Measure]:
    """Which way every column is better, and on which scale."""
    return {name: Measure(score.higher_is_better, score.scale) for score in scores for name in score.names()}


def claims(
    item: Item | None,
    datasets: tuple[Dataset, ...],
    methods: tuple[Method, ...],
    written: dict[str, set[str]],
    scores: Mapping[str, Measure] | None,
    skip: tuple[Skip, ...],
    seeds: int,
    problems: Problems,
) -> tuple[Claim, ...]:
    """Every claim, and whether so many seeds could ever support it. `scores` None: what is measured isn't known."""
    found: dict[str, tuple[int, Claim]] = {}
    made = {"methods": [m.label for m in methods], "datasets": [d.label for d in datasets]}
    known = {section: [*labels, *broken(written, section, labels)] for section, labels in made.items()}
    for label, entry in labelled(item, "claims", problems):
        try:
            (claim,) = parse({label: entry.plain}, scores=scores, **known)
            found[label] = entry.line, claim
        except ClaimError as error:
            problems.add(entry.line, "", error)
    for line, claim in found.values():
        if not set(claim.methods) <= set(made["methods"]) or not {claim.on, claim.than_on} <= {None, *made["datasets"]}:
            continue  # its rows are wrong, and that is said where they stand
        where = [d for d in datasets if claim.on in (None, d.label) and not _left_out(skip, d, methods, claim.methods)]
        if not where:
            problems.add(line, f"claims.{claim.name}", "every cell that it is about is left out under 'skip'")
        elif seeds and (why := mute(claim, seeds, len(where), len(found))):
            problems.add(line, "", why)
    return tuple(claim for _, claim in found.values())


def _left_out(skip: tuple[Skip, ...], dataset: Dataset, methods: tuple[Method, ...], labels: Sequence[str]) -> bool:
    return any(one.covers(dataset, method) for one in skip for method in methods if method.label in labels)
