"""Calls as a suite writes them, given outside of one: on the command line, and from Python."""

from __future__ import annotations

from typing import Any

import yaml

from bench.data._checked import checked
from bench.data.base import Data
from bench.plugins import BrokenPlugin, UnknownName
from bench.suite import grammar, options
from bench.suite.columns import unknown
from bench.suite.options import WrongOption
from bench.suite.yaml_calls import CallLoader


def listed(text: str) -> list[str]:
    """`frechet(n=500, space=digits), recall` -> its calls, as a list in a suite is read. Raises WrongOption."""
    try:
        node = yaml.compose(f"[{text}]", Loader=CallLoader)
    except yaml.YAMLError as error:
        raise WrongOption(f"'{text}' is no list of calls like frechet(space=digits), recall") from error
    if node is None or not all(isinstance(one, yaml.ScalarNode) for one in node.value):
        raise WrongOption(f"'{text}' is no list of calls like frechet(space=digits), recall")
    return [one.value for one in node.value]


def load_data(call: str) -> Data:
    """`bench.load_data("ring(modes=8)")`: a data set as a suite writes it, loaded and checked. Raises WrongOption, DataError."""
    source, _ = one("datasets", call)
    return checked(source)


def one(category: str, row: str) -> tuple[Any, frozenset[str]]:
    """What one call makes, and the names of the options that it gives. Raises WrongOption, one line."""
    try:
        calls = grammar.read(row)
        made = options.make(category, calls[0]) if len(calls) == 1 else []
    except (WrongOption, UnknownName, BrokenPlugin, ValueError) as error:
        word = row.partition("(")[0].strip()
        said = unknown(word, error) if category == "metrics" else str(error.args[0] if error.args else row)
        raise WrongOption(said) from error
    if len(made) != 1:
        raise WrongOption(f"'{row}' is more than one: give one, with one value for each option")
    _, written, instance = made[0]
    return instance, frozenset(name for name, _ in written.named)
