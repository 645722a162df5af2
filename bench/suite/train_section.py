"""Reads `train:` of a suite, what an experiment overrides of it, and `outcomes:`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from bench.evaluation.outcomes import OutcomeRule
from bench.plugins import options as options_of
from bench.suite import options
from bench.suite.budget import Budget
from bench.suite.options import WrongOption
from bench.suite.suite import KEYED, Train
from bench.suite.validation import is_a, is_mapping, known_keys
from bench.suite.yaml_lines import Item, Problems

Block = TypeVar("Block", Train, OutcomeRule)


def train(item: Item | None, place: str, problems: Problems, base: Train | None = None) -> Train | None:
    """The block of a suite; with `base`, that block with some keys changed. None where it is wrong, which is noted."""
    if base is not None and item is not None and is_mapping(item):
        for key in (k for k in item.value if k not in (*KEYED, "budget") and k in {o.name for o in options_of(Train)}):
            why = "changes no number, so it can't be overridden: set it in the suite's own 'train'"
            problems.add(item.value[key].line, f"{place}.{key}", why)
    if item is not None and is_mapping(item) and not _one_length(item, place, problems, base):
        known_keys(item, tuple(o.name for o in options_of(Train)), place, problems)
        return base
    return _block(Train, item, place, problems, base, "{steps: 20000, batch: 256}")


def _one_length(item: Item, place: str, problems: Problems, base: Train | None) -> bool:
    """Whether a block says in one way how long training is; what is wrong is noted."""
    said = [key for key in ("steps", "budget") if key in item.value]
    if len(said) == 2:
        problems.add(
            item.value["budget"].line, f"{place}.budget", "training is as long as its steps or its budget: give one"
        )
    elif not said and base is None:
        problems.add(item.line, place, "the key 'steps' is missing, or 'budget'")
    elif said and base is not None and base.evaluate_every and "evaluate_every" not in item.value:
        then, now = (base.budget.currency if base.budget else "steps"), _currency(item)
        if then != now:
            why = f"'evaluate_every' is counted in {now} here, and in {then} in the suite: say it too"
            problems.add(item.value[said[0]].line, f"{place}.{said[0]}", why)
            return False
        return True
    else:
        return True
    return False


def _currency(item: Item) -> str:
    """In which a block says how long training is, well or badly written."""
    written = item.value["budget"].plain if "budget" in item.value else {"steps": 0}
    return str(next(iter(written), "")) if isinstance(written, dict) else ""


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
                values[key] = Budget.of(entry.plain) if key == "budget" else options.fit(entry.plain, known[key])
            except (WrongOption, ValueError) as error:
                problems.add(entry.line, f"{place}.{key}", str(error).removeprefix("budget: "))
    if len(values) < len(item.value):
        return base
    held = {field.name: getattr(base, field.name) for field in fields(base)} if base else {}
    held |= {of: empty for of, empty in (("steps", 0), ("budget", None)) if {"steps", "budget"} & values.keys() - {of}}
    try:
        return kind(**held | values)
    except ValueError as error:
        for said in str(error).splitlines():
            key = said.split()[0].partition("=")[0]
            problems.add(item.value[key].line if key in item.value else item.line, place, said)
        return base
