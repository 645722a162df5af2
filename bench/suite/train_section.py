"""Reads `train:` of a suite, and what an experiment overrides of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bench.plugins import options as options_of
from bench.suite import options
from bench.suite.options import WrongOption
from bench.suite.suite import Train
from bench.suite.validation import is_a, known_keys
from bench.suite.yaml_lines import Item, Problems


def train(item: Item | None, place: str, problems: Problems, base: Train | None = None) -> Train | None:
    """The block of a suite; with `base`, that block with some keys changed. None where it is wrong, which is said."""
    if item is None or not is_a(item, dict, place, problems, "a mapping like {steps: 20000, batch: 256}"):
        return base
    known = {o.name: o for o in options_of(Train)}
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
        return Train(**(asdict(base) if base else {}) | values)
    except ValueError as error:
        key = str(error).split()[0]
        problems.add(item.value[key].line if key in item.value else item.line, place, error)
        return base
