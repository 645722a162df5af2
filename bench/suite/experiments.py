"""`experiments:` of a suite: each asks one question of some methods on some data sets, and claims an answer.

    gradients vanish under an optimal critic:
      asks: Does a saturating generator starve when supports are disjoint?
      source: Arjovsky & Bottou 2017, theorem 2.4
      on: [disjoint]                 # labels or patterns; without it, every data set
      methods: [saturating, WGAN-GP] # likewise
      train: {steps: 2000}           # what differs from the suite's own `train:`
      claims: {...}

A cell that two experiments share is run once. Where an experiment overrides `train:`, that is part of its methods' labels:
`GAN [steps=2000]` is another cell than `GAN`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from bench.claims.label_patterns import matches
from bench.plugins import nearest
from bench.probes.base import Probe
from bench.stats import Measure
from bench.suite.claims_section import Promise, Scope, claims
from bench.suite.sections import check_labels
from bench.suite.stored_suite import placed, variant, varied
from bench.suite.suite import Dataset, Experiment, Method, Skip, planned
from bench.suite.train_section import train
from bench.suite.validation import is_a, is_mapping, known_keys, labelled, text
from bench.suite.yaml_lines import Item, Problems

KEYS = ("asks", "source", "on", "methods", "train", "claims")
Labelled = TypeVar("Labelled", Dataset, Method)


@dataclass(frozen=True)
class Base:
    """What the rest of a suite says to its experiments."""

    whole: Experiment  # every data set and method, trained the suite's own way
    skip: tuple[Skip, ...]
    wrong: Mapping[str, set[str]]  # section -> labels of rows that are wrong
    scores: Mapping[str, Measure] | None  # None: what is measured isn't known
    probes: tuple[Probe, ...] | None  # likewise
    train: Any  # `train:` as it stands in the file


def experiments(
    item: Item | None, base: Base, problems: Problems
) -> tuple[tuple[Experiment, ...], list[Promise], bool]:
    """Every experiment of the section, what they claim, and whether all of them could be read; what is wrong is noted."""
    found: list[Experiment] = []
    promises: list[Promise] = []
    entries = labelled(item, "experiments", problems)
    for label, entry in entries:
        if one := _experiment(label, entry, base, problems):
            found.append(one)
            promises += _promises(one, entry.value.get("claims"), base, problems)
        elif is_mapping(entry):  # read for its own mistakes
            claims(entry.value.get("claims"), Scope("experiment", (), sure=False), f"experiments.{label}.", problems)
    sure = len(found) == len(entries)
    if found and sure:
        _unused(found, base, problems)
        cells = {(m.label, e.variant): replace(m, label=varied(m.label, e.variant)) for e in found for m in e.methods}
        check_labels(list(cells.values()), "experiments", problems)
    return tuple(found), promises, sure


def _experiment(label: str, entry: Item, base: Base, problems: Problems) -> Experiment | None:
    """One entry; None where it is not known what it runs."""
    place = f"experiments.{label}"
    if not is_a(entry, dict, place, problems, "a mapping with the keys " + ", ".join(KEYS)):
        return None
    known_keys(entry, KEYS, place, problems)
    asks, source = (text(entry.value.get(key), f"{place}.{key}", problems) for key in ("asks", "source"))
    datasets = _named(
        entry.value.get("on"), base.whole.datasets, base.wrong["datasets"], "data set", f"{place}.on", problems
    )
    methods = _named(
        entry.value.get("methods"), base.whole.methods, base.wrong["methods"], "method", f"{place}.methods", problems
    )
    before = len(problems.lines)
    here = train(entry.value.get("train"), f"{place}.train", problems, base.whole.train)
    if here is None or datasets is None or methods is None or len(problems.lines) > before:
        return None
    which = variant(entry.value["train"].plain if "train" in entry.value else None, base.train)
    return Experiment(label, asks, source, tuple(datasets), tuple(methods), here, which, entry.line)


def _promises(one: Experiment, item: Item | None, base: Base, problems: Problems) -> list[Promise]:
    wrong = base.wrong["datasets"] | base.wrong["methods"]
    scope = Scope("experiment", planned((one,), base.skip), one.variant, wrong, base.scores, base.probes)
    on = [dataset.label for dataset in one.datasets]
    return claims(item, scope, f"experiments.{one.label}.", problems, lambda c: placed(c, one.label, one.variant, on))


def _named(
    item: Item | None, known: tuple[Labelled, ...], wrong: set[str], what: str, place: str, problems: Problems
) -> list[Labelled] | None:
    """The data sets or methods that an experiment names, in the suite's order: all of them where it names none; None
    where that can't be said."""
    if item is None:
        return list(known)
    entries = item.value if isinstance(item.value, list) else [item]
    if not entries:
        problems.add(item.line, place, f"names no {what}: leave the key out to mean all of them")
        return None
    found: list[Labelled] = []
    sure = True
    for k, entry in enumerate(entries):
        fitting: list[Labelled] = []
        if isinstance(entry.value, dict | list) or entry.value is None:
            problems.add(entry.line, place, f"expected the label of a {what}, not {entry.kind}")
        elif entry.written in [other.written for other in entries[:k]]:
            problems.add(entry.line, place, f"'{entry.written}' is named twice")
        else:
            fitting = [one for one in known if matches(one.label, entry.written)]
            if not fitting and entry.written not in wrong:  # a row that is wrong was told of where it stands
                hint = nearest(entry.written, [one.label for one in known])
                problems.add(entry.line, place, f"no {what} is called '{entry.written}'{hint}")
        sure = sure and bool(fitting)
        found += fitting
    return [one for one in known if one in found] if sure else None


def _unused(found: list[Experiment], base: Base, problems: Problems) -> None:
    """A row that no experiment uses would never be run; an experiment's name that a row has too is ambiguous."""
    for section, rows, used in (
        ("datasets", base.whole.datasets, [d for e in found for d in e.datasets]),
        ("methods", base.whole.methods, [m for e in found for m in e.methods]),
    ):
        for row in rows:
            if row not in used:
                problems.add(row.line, f"{section}.{row.label}", "no experiment uses it: name it in one, or remove it")
        for one in found:
            if any(one.label in (row.label, row.row) for row in rows):
                why = f"{section} has this name too, and '--only' would mean both: call it otherwise"
                problems.add(one.line, f"experiments.{one.label}", why)
