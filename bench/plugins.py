"""Plugins: the word in a suite is the name of a file.

`r1(weight=1)` among the stabilizers is the class `R1` in `bench/stabilizers/r1.py`. A file dropped into a room's folder is
found at once; an installed package adds to a room with an entry point of the group `bench.<room>` (name = word, value =
`module:Class`). There is no table to edit.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from dataclasses import dataclass, fields
from functools import cache
from importlib.metadata import entry_points
from typing import Any

ROOMS = {
    "datasets": "bench.data",
    "models": "bench.models",
    "stabilizers": "bench.stabilizers",
    "metrics": "bench.metrics",
    "probes": "bench.probes",
    "architectures": "bench.architectures",
    "features": "bench.features",
}


class UnknownName(LookupError):
    """A word that no file of the room carries; the message names the nearest one."""


@dataclass(frozen=True)
class Option:
    """One option of a plugin, as the suite may write it."""

    name: str
    kind: Any  # the annotation, resolved
    default: Any


def words(room: str) -> list[str]:
    """Every word of a room: its files, then the entry points of installed packages."""
    package = importlib.import_module(ROOMS[room])
    files = {m.name for m in pkgutil.iter_modules(package.__path__) if m.name != "base" and not m.name.startswith("_")}
    return sorted(files | {e.name for e in entry_points(group=f"bench.{room}")})


@cache
def find(room: str, word: str) -> type:
    """The class behind a word. Raises UnknownName with the nearest right word."""
    if word not in words(room):
        raise UnknownName(f"no {room[:-1]} is called '{word}'{nearest(word, words(room))}")
    for entry in entry_points(group=f"bench.{room}"):
        if entry.name == word:
            loaded = entry.load()
            if not isinstance(loaded, type):
                raise TypeError(f"entry point bench.{room}: {word} = {entry.value} is not a class")
            return loaded
    module = importlib.import_module(f"{ROOMS[room]}.{word}")
    wanted = word.replace("_", "")
    for name, thing in vars(module).items():
        if inspect.isclass(thing) and thing.__module__ == module.__name__ and name.lower() == wanted:
            return thing
    raise TypeError(f"{module.__file__}: expected a class named like the file, '{wanted}' in any letter case")


def options(plugin: type) -> list[Option]:
    """The fields of a plugin's dataclass that a suite may set (those not marked `hidden`)."""
    import typing

    kinds = typing.get_type_hints(plugin)
    shown = [f for f in fields(plugin) if f.init and not f.metadata.get("hidden")]
    return [Option(f.name, kinds[f.name], f.default) for f in shown]


def nearest(word: str, known: list[str]) -> str:
    """`; did you mean 'r1'?` or, when nothing is near, the whole list."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else f" (known: {', '.join(known)})"
