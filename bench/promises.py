"""What a suite promises: its claims and its gate, read from the file and checked against what it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.claims import Claim, ClaimError, mute, parse
from bench.fields import belong, broken, is_a, known_keys, labelled, number, text
from bench.gate import waivers
from bench.lines import Item, Problems
from bench.metrics.base import Score
from bench.stats import Measure
from bench.suite import Dataset, Gate, Method, Skip


def measures(scores: Sequence[Score]) -> dict[str, Measure]:
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


def gate(
    item: Item | None,
    metrics: list[str] | None,
    labels: dict[str, list[str]],
    problems: Problems,
) -> Gate | None:
    shape = "{against: results/baselines/toys.jsonl, within: {metric: 0.5}}"
    if item is None or not is_a(item, dict, "gate", problems, shape):
        return None
    known_keys(item, ("against", "within", "waivers"), "gate", problems)
    if missing := [key for key in ("against", "within") if key not in item.value]:
        problems.add(item.line, "gate", f"the key '{missing[0]}' is missing in {shape}")
        return None
    within = item.value["within"]
    if not is_a(within, dict, "gate.within", problems, "a mapping of metrics to margins"):
        return None
    if not within.value:
        problems.add(within.line, "gate.within", "names no metric, so nothing would gate; name one or two")
    belong([Item(k, v.line, k) for k, v in within.value.items()], metrics, "metric", "gate.within", problems)
    margins = {k: number(v, f"gate.within.{k}", problems) for k, v in within.value.items()}
    for name, margin in margins.items():
        if margin is not None and margin < 0:
            problems.add(within.value[name].line, f"gate.within.{name}", "a margin is 0 or more")
    against = text(item.value["against"], "gate.against", problems)
    waived = _waivers(item.value.get("waivers"), [labels["datasets"], labels["methods"], metrics], problems)
    return Gate(against, {k: v for k, v in margins.items() if v is not None}, waived, item.line)


def _waivers(item: Item | None, labels: Sequence[list[str] | None], problems: Problems) -> tuple[waivers.Waiver, ...]:
    shape = "a list of {dataset, method, metric, until: 2026-03-01, reason}"
    if item is None or not is_a(item, list, "gate.waivers", problems, shape):
        return ()
    found = []
    for entry in item.value:
        if not is_a(entry, dict, "gate.waivers", problems, shape.removeprefix("a list of ")):
            continue
        try:
            found += waivers.parse([entry.plain])
        except waivers.WaiverError as error:
            problems.add(entry.line, "gate", error)
            continue
        for word, known in zip(("dataset", "method", "metric"), labels, strict=True):
            what = {"dataset": "data set"}.get(word, word)
            belong([entry.value[word]], known, what, "gate.waivers", problems)
    return tuple(found)
