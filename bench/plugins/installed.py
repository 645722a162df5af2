"""The words that come with bench, a file each in its category's folder, and those of installed packages, by entry points."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import cast

from bench.plugins.categories import CATEGORIES, BrokenPlugin, unsound
from bench.plugins.hints import first_line


@cache
def entries(category: str) -> dict[str, EntryPoint]:
    """The entry points of a category, by their words."""
    return {e.name: e for e in entry_points(group=f"bench.{category}")}


@cache
def words(category: str) -> frozenset[str]:
    """Every word of a category: its files and the entry points of installed packages."""
    package = importlib.import_module(CATEGORIES[category])
    files = {m.name for m in pkgutil.iter_modules(package.__path__) if m.name != "base" and not m.name.startswith("_")}
    return frozenset(files | set(entries(category)))


def place(category: str, word: str) -> str:
    """Where the class behind a word comes from: `bench.stabilizers.r1`, or an entry point."""
    entry = entries(category).get(word)
    return f"entry point bench.{category}: {word} = {entry.value}" if entry else f"{CATEGORIES[category]}.{word}"


def word_of(category: str, plugin: type) -> str | None:
    """The word that a class has here already; None where it has none."""
    for word, entry in entries(category).items():
        if entry.value.replace(" ", "") == f"{plugin.__module__}:{plugin.__qualname__}":
            return word
    package, _, file = plugin.__module__.rpartition(".")
    named = file.replace("_", "") == plugin.__name__.lower()
    return file if named and package == CATEGORIES[category] and file in words(category) else None


@cache
def find(category: str, word: str) -> type:
    """The class behind one of `words`. Raises BrokenPlugin."""
    entry, where = entries(category).get(word), place(category, word)
    try:
        loaded = entry.load() if entry else importlib.import_module(where)
    except (Exception, SystemExit, GeneratorExit) as error:  # a file that ends the program where it is imported, too
        raise BrokenPlugin(f"{where} can't be imported ({type(error).__name__}: {first_line(error)})") from error
    plugin = loaded if entry else _named(loaded, word.replace("_", ""))
    if why := unsound(category, plugin):
        raise BrokenPlugin(f"{where} {why}")
    return cast(type, plugin)


def _named(module: ModuleType, wanted: str) -> type:
    for name, thing in vars(module).items():
        if inspect.isclass(thing) and thing.__module__ == module.__name__ and name.lower() == wanted:
            return thing
    raise BrokenPlugin(f"{module.__file__}: expected a class named like the file, '{wanted}' in any letter case")
