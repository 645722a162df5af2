"""Plugins: the word in a suite is the name of a file.

`r1(weight=1)` among the stabilizers is the class `R1` in `bench/stabilizers/r1.py`. A file dropped into a room's folder
is found at once; an installed package adds to a room with an entry point of the group `bench.<room>` (name = word,
value = `module:Class`). There is no table to edit.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, get_type_hints

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


class BrokenPlugin(ImportError):
    """A file or an entry point that is there and can't be used; the message says why in one line."""


@dataclass(frozen=True)
class Option:
    """One option of a plugin, as the suite may write it."""

    name: str
    kind: Any  # the annotation, resolved
    default: Any  # MISSING where the suite has to give it
    words: tuple[str, ...] = ()  # what a text may be, where the plugin says so: field(metadata={"words": a function})

    @property
    def required(self) -> bool:
        return self.default is MISSING


@cache
def _entries(room: str) -> dict[str, EntryPoint]:
    return {e.name: e for e in entry_points(group=f"bench.{room}")}


@cache
def words(room: str) -> list[str]:
    """Every word of a room: its files and the entry points of installed packages."""
    package = importlib.import_module(ROOMS[room])
    files = {m.name for m in pkgutil.iter_modules(package.__path__) if m.name != "base" and not m.name.startswith("_")}
    return sorted(files | set(_entries(room)))


@cache
def find(room: str, word: str) -> type:
    """The class behind a word. Raises UnknownName with the nearest right word, and BrokenPlugin."""
    if word not in words(room):
        raise UnknownName(f"no {singular(room)} is called '{word}'{nearest(word, words(room))}")
    entry = _entries(room).get(word)
    place = f"entry point bench.{room}: {word} = {entry.value}" if entry else f"{ROOMS[room]}.{word}"
    try:
        loaded = entry.load() if entry else importlib.import_module(place)
    except Exception as error:
        raise BrokenPlugin(f"{place} can't be imported ({type(error).__name__}: {first_line(error)})") from error
    if entry:
        if not inspect.isclass(loaded):
            raise BrokenPlugin(f"{place} is not a class")
        return loaded
    wanted = word.replace("_", "")
    for name, thing in vars(loaded).items():
        if inspect.isclass(thing) and thing.__module__ == loaded.__name__ and name.lower() == wanted:
            return thing
    raise BrokenPlugin(f"{loaded.__file__}: expected a class named like the file, '{wanted}' in any letter case")


def word_of(plugin: type) -> str:
    """The word behind which a plugin's class stands; the inverse of `find`."""
    for room in ROOMS:
        for name, entry in _entries(room).items():
            if entry.value.replace(" ", "") == f"{plugin.__module__}:{plugin.__qualname__}":
                return name
    return plugin.__module__.rpartition(".")[2]


def options(plugin: type) -> tuple[Option, ...]:
    """The fields of a plugin's dataclass that a suite may set (those not marked `hidden`)."""
    if not is_dataclass(plugin):
        return ()
    kinds = get_type_hints(plugin)
    shown = [f for f in fields(plugin) if f.init and not f.metadata.get("hidden")]
    defaults = [f.default_factory() if f.default_factory is not MISSING else f.default for f in shown]
    allowed = [tuple(f.metadata["words"]()) if "words" in f.metadata else () for f in shown]
    return tuple(Option(f.name, kinds[f.name], d, w) for f, d, w in zip(shown, defaults, allowed, strict=True))


def singular(room: str) -> str:
    """What one plugin of a room is called in a sentence."""
    return {"datasets": "data set", "features": "feature space"}.get(room, room[:-1])


def nearest(word: str, known: list[str]) -> str:
    """`; did you mean 'r1'?` or, when nothing is near, the whole list."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else f" (known: {', '.join(known) or 'none'})"


def first_line(error: BaseException) -> str:
    """What an exception says, on one line."""
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__
