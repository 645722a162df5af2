"""Reads `train:` of a suite, what an experiment overrides of it, and `outcomes:`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, TypeVar

from bench.evaluation.outcomes import OutcomeRule
from bench.plugins import options as options_of
from bench.suite import options
from bench.suite.options import WrongOption
from bench.suite.suite import KEYED, Train
from bench.suite.validation import is_a, is_mapping, known_keys
from bench.suite.yaml_lines import Item, Problems

Block = TypeVar("Block", Train, OutcomeRule)


def train(item: Item | None, place: str, problems: Problems, base: Train | None = None) -> Train | None:
    """The block of a suite; with `base`, that block with some keys changed. None where it is wrong, which is noted."""
    if base is not None and item is not None and is_mapping(item):
        for key in (k for k in item.value if k not in KEYED and k in {o.name for o in options_of(Train)}):
            why = "changes no number, so an experiment can't override it: set it in the suite's own 'train'"
            problems.add(item.value[key].line, f"{place}.{key}", why)
    return _block(Train, item, place, problems, base, "{steps: 20000, batch: 256}")


def outcomes(item: Item | None, problems: Problems) -> OutcomeRule:
    """`outcomes:`, what a seed has to reach and to keep."""
    found = _block(OutcomeRule, item, "outcomes", problems, OutcomeRule(), "{learned: 0.5, kept: 0.5, modes: 0.75}")
    return found or OutcomeRule()


def _block(
    kind: type[Block], item: Item | None, place: str, problems: Problems, base: Block | None, shape: str
) -> Block | None:
    if item is None or not is_a(item, dict, place, problems, f"a mapping like {shape}"):
        return base
    known = {o.name: o for o in options_of(kind)}
    known_keys(item, tuple(known), place, problems)
    values: dict[str, Any] = {}
    for key, entry in item.value.items():
        if key in known:
            try:
                values[key] = options.fit(entry.plain, known[key])
            except WrongOption as error:
                problems.add(entry.line, f"{place}.{key}", error)
    missing = [] if base else [o.name for o in known.values() if o.required and o.name not in item.value]
    for name in missing:
        problems.add(item.line, place, f"the key '{name}' is missing")
    if missing or len(values) < len(item.value):
        return base
    try:
        return kind(**(asdict(base) if base else {}) | values)
    except ValueError as error:
        for said in str(error).splitlines():
            key = said.split()[0].partition("=")[0]
            problems.add(item.value[key].line if key in item.value else item.line, place, said)
        return base
