"""Plugins: the word in a suite is the name of a file, or of a class.

`r1(weight=1)` among the stabilizers is the class `R1` in `bench/stabilizers/r1.py`. A file dropped into a category's folder
is found at once; an installed package adds to a category with an entry point of the group `bench.<category>` (name = word,
value = `module:Class`); a suite adds classes of files that lie beside it (`own_code.py`). There is no table to edit.
"""

from __future__ import annotations

from bench.plugins import installed, own_code
from bench.plugins.categories import CATEGORIES, BrokenPlugin, UnknownName, singular, unsound
from bench.plugins.hints import nearest

_FOUND: dict[type, str] = {}  # the classes that words were asked for so far


def words(category: str) -> list[str]:
    """Every word of a category: its files, the entry points of installed packages, and the suite's own classes."""
    return sorted(installed.words(category) | set(own_code.words(category)))


def find(category: str, word: str) -> type:
    """The class behind a word, or behind `module:Class`. Raises UnknownName with the nearest right word, and BrokenPlugin."""
    if word in installed.words(category):
        plugin = installed.find(category, word)
    elif mine := own_code.find(category, word):
        place, plugin = mine
        if why := unsound(category, plugin):
            raise BrokenPlugin(f"{place}: {plugin.__qualname__} {why}")
    else:
        raise UnknownName(f"no {singular(category)} is called '{word}'{nearest(word, words(category))}")
    _FOUND[plugin] = word
    return plugin


def word_of(plugin: type) -> str:
    """The word behind which a plugin's class stands; the inverse of `find`."""
    for category in CATEGORIES:
        for name, entry in installed.entries(category).items():
            if entry.value.replace(" ", "") == f"{plugin.__module__}:{plugin.__qualname__}":
                return name
    if named := _FOUND.get(plugin) or own_code.word_of(plugin):  # its entry point may have it from another module
        return named
    file = plugin.__module__.rpartition(".")[2]
    return file if file.replace("_", "") == plugin.__name__.lower() else f"{plugin.__module__}:{plugin.__qualname__}"
