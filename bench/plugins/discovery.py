"""Plugins: the word in a suite is the name of a file.

`r1(weight=1)` among the stabilizers is the class `R1` in `bench/stabilizers/r1.py`. A file dropped into a category's folder
is found at once; an installed package adds to a category with an entry point of the group `bench.<category>` (name = word,
value = `module:Class`). There is no table to edit.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import cast

from bench.plugins.hints import first_line, nearest
from bench.plugins.options import options

CATEGORIES = {
    "datasets": "bench.data",
    "models": "bench.models",
    "stabilizers": "bench.stabilizers",
    "metrics": "bench.metrics",
    "probes": "bench.probes",
    "architectures": "bench.architectures",
    "features": "bench.features",
}
BASES = {  # the contract of a category: what its classes derive from
    "datasets": "bench.data.base:DataSource",
    "models": "bench.training.game:Game",
    "stabilizers": "bench.training.hooks:Stabilizer",
    "metrics": "bench.metrics.base:Metric",
    "probes": "bench.probes.base:Probe",
    "architectures": "bench.architectures.base:Architecture",
    "features": "bench.features.base:Features",
}


_FOUND: dict[type, str] = {}  # the classes that words were asked for so far


class UnknownName(LookupError):
    """A word that no file of the category carries; the message names the nearest one."""


class BrokenPlugin(ImportError):
    """A file or an entry point that is there and can't be used; the message says why in one line."""


@cache
def _entries(category: str) -> dict[str, EntryPoint]:
    return {e.name: e for e in entry_points(group=f"bench.{category}")}


@cache
def words(category: str) -> list[str]:
    """Every word of a category: its files and the entry points of installed packages."""
    package = importlib.import_module(CATEGORIES[category])
    files = {m.name for m in pkgutil.iter_modules(package.__path__) if m.name != "base" and not m.name.startswith("_")}
    return sorted(files | set(_entries(category)))


@cache
def find(category: str, word: str) -> type:
    """The class behind a word. Raises UnknownName with the nearest right word, and BrokenPlugin."""
    if word not in words(category):
        raise UnknownName(f"no {singular(category)} is called '{word}'{nearest(word, words(category))}")
    entry = _entries(category).get(word)
    place = f"entry point bench.{category}: {word} = {entry.value}" if entry else f"{CATEGORIES[category]}.{word}"
    try:
        loaded = entry.load() if entry else importlib.import_module(place)
    except (Exception, SystemExit) as error:  # a file that ends the program where it is imported, too
        raise BrokenPlugin(f"{place} can't be imported ({type(error).__name__}: {first_line(error)})") from error
    plugin = loaded if entry else _named(loaded, word.replace("_", ""))
    if why := _unsound(category, plugin):
        raise BrokenPlugin(f"{place} {why}")
    _FOUND[cast(type, plugin)] = word
    return cast(type, plugin)


def _named(module: ModuleType, wanted: str) -> type:
    for name, thing in vars(module).items():
        if inspect.isclass(thing) and thing.__module__ == module.__name__ and name.lower() == wanted:
            return thing
    raise BrokenPlugin(f"{module.__file__}: expected a class named like the file, '{wanted}' in any letter case")


def _unsound(category: str, plugin: object) -> str | None:
    """Why what stands behind a word can't be used, whatever its options; None where it can."""
    if not inspect.isclass(plugin):
        return "is not a class"
    module, _, name = BASES[category].partition(":")
    if not issubclass(plugin, getattr(importlib.import_module(module), name)):
        return f"is no {singular(category)}: its class has to derive from {BASES[category].replace(':', '.')}"
    if lacking := sorted(getattr(plugin, "__abstractmethods__", ())):
        return f"lacks what every {singular(category)} has: {', '.join(lacking)}"
    try:
        options(plugin)
    except (Exception, SystemExit) as error:
        return f"has an option that can't be read ({type(error).__name__}: {first_line(error)})"
    return None


def word_of(plugin: type) -> str:
    """The word behind which a plugin's class stands; the inverse of `find`."""
    for category in CATEGORIES:
        for name, entry in _entries(category).items():
            if entry.value.replace(" ", "") == f"{plugin.__module__}:{plugin.__qualname__}":
                return name
    if named := _FOUND.get(plugin):  # its entry point has it from another module than its own
        return named
    file = plugin.__module__.rpartition(".")[2]
    return file if file.replace("_", "") == plugin.__name__.lower() else f"{plugin.__module__}:{plugin.__qualname__}"


def category_of_base(base: type) -> str | None:
    """The category whose classes derive from a class; None where it is the base of none."""
    place = f"{base.__module__}:{base.__qualname__}"
    return next((category for category, named in BASES.items() if named == place), None)


def singular(category: str) -> str:
    """What one plugin of a category is called in a sentence."""
    return {"datasets": "data set", "features": "feature space"}.get(category, category[:-1])
