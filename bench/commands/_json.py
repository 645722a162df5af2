"""`--json`: what a command found, as one JSON document on standard output, for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from math import isfinite, isnan
from typing import Any

import click

Option = Callable[[Any], Any]
json_option: Option = click.option("--json", "as_json", is_flag=True, help="Print JSON in place of tables.")


def print_json(found: Any) -> None:
    """A number that there is none of (NaN) is null, an infinite one the text "inf" or "-inf"."""
    print(json.dumps(plain(found), indent=1, ensure_ascii=False, allow_nan=False))


def plain(value: Any) -> Any:
    """Dataclasses, mappings, sequences, paths and numbers as JSON has them."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if hasattr(value, "item"):  # a number of numpy
        value = value.item()
    if isinstance(value, float) and not isfinite(value):
        return None if isnan(value) else repr(value)
    return value if isinstance(value, bool | int | float | str | None) else str(value)
