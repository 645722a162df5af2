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

from dataclasses import replace
from typing import Any, TypeVar

from bench.claims.label_patterns import matches
from bench.plugins import nearest
from bench.suite.claims_section import Promise, Scope, claims
from bench.suite.sections import distinct
from bench.suite.stored_suite import placed, variant, varied
from bench.suite.suite import Dataset, Experiment, Method, Train
from bench.suite.train_section import train
from bench.suite.validation import is_a, known_keys, labelled, text
from bench.suite.yaml_lines import Item, Problems

KEYS = ("asks", "source", "on", "methods", "train", "claims")
Labelled = TypeVar("Labelled", Dataset, Method)


def experiments(
    item: Item | None, scope: Scope, base: Train | None, written_train: Any, problems: Problems
) -> tuple[tuple[Experiment, ...], list[Promise]]:
    """Every experiment of the section, and what they claim; what is wrong is noted with its line.

    `base` is the suite's training block, `written_train` the same as it stands in the file.
    """
    found: list[Experiment] = []
    promises: list[Promise] = []
    for label, entry in labelled(item, "experiments", problems):
        place = f"experiments.{label}"
        if not is_a(entry, dict, place, problems, "a mapping with the keys " + ", ".join(KEYS)):
            continue
        known_keys(entry, KEYS, place, problems)
        asks, source = (text(entry.value.get(key), f"{place}.{key}", problems) for key in ("asks", "source"))
        on = _named(entry.value.get("on"), scope.datasets, scope.written.get("datasets"), "data set", place, problems)
        methods = _named(
            entry.value.get("methods"), scope.methods, scope.written.get("methods"), "method", place, problems
        )
        here = train(entry.value.get("train"), f"{place}.train", problems, base)
        if here is None:
            continue
        which = variant(entry.value["train"].plain if "train" in entry.value else None, written_train)
        one = Experiment(label, asks, source, on, methods, here, which, entry.line)
        found.append(one)
        mine = claims(entry.value.get("claims"), replace(scope, datasets=on, methods=methods), f"{place}.", problems)
        promises += [replace(p, claim=placed(p.claim, label, which, [d.label for d in on])) for p in mine]
    if found:
        _unused(found, scope, problems)
        labels = {varied(m.label, e.variant): m for e in found for m in e.methods}
        distinct([replace(method, label=label) for label, method in labels.items()], "experiments", problems)
    return tuple(found), promises


def _named(
    item: Item | None,
    known: tuple[Labelled, ...],
    written: set[str] | None,
    what: str,
    place: str,
    problems: Problems,
) -> tuple[Labelled, ...]:
    """The data sets or methods that an experiment names; all of them where it names none."""
    if item is None:
        return known
    entries = item.value if isinstance(item.value, list) else [item]
    found: list[Labelled] = []
    for entry in entries:
        if isinstance(entry.value, dict | list) or entry.value is None:
            problems.add(entry.line, place, f"expected the label of a {what}, not {entry.kind}")
            continue
        fitting = [one for one in known if matches(one.label, entry.written)]
        if not fitting and entry.written not in (written or ()):  # a row that is wrong was told of where it stands
            hint = nearest(entry.written, [one.label for one in known])
            problems.add(entry.line, place, f"no {what} is called '{entry.written}'{hint}")
        found += [one for one in fitting if one not in found]
    return tuple(one for one in known if one in found)


def _unused(found: list[Experiment], scope: Scope, problems: Problems) -> None:
    """A row that no experiment uses would never be run."""
    for section, rows, used in (
        ("datasets", scope.datasets, [d for e in found for d in e.datasets]),
        ("methods", scope.methods, [m for e in found for m in e.methods]),
    ):
        for row in rows:
            if row not in used:
                problems.add(row.line, f"{section}.{row.label}", "no experiment uses it: name it in one, or remove it")
