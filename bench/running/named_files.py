"""Words that are the files of one folder, each with a class named like the file: executors and watchers."""

from __future__ import annotations

import inspect
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from bench.plugins import nearest, reason


def words(package: ModuleType) -> list[str]:
    """Every word of a folder: a file whose name begins with `_` is none."""
    return sorted(m.name for m in iter_modules(package.__path__) if m.name != "base" and not m.name.startswith("_"))


def find(package: ModuleType, what: str, word: str, error: type[ValueError]) -> type:
    """The class behind a word: `MyPool` of `my_pool.py`, in any letter case. Raises `error`, which says `what` it is."""
    if word not in words(package):
        raise error(f"no {what} is called '{word}'{nearest(word, words(package))}")
    try:
        module = import_module(f"{package.__name__}.{word}")
    except Exception as why:
        raise error(f"{what} {word} can't be imported: {reason(why)}") from why
    wanted = word.replace("_", "")
    for name, thing in vars(module).items():
        if inspect.isclass(thing) and thing.__module__ == module.__name__ and name.lower() == wanted:
            return thing
    raise error(f"{module.__file__}: expected a class named like the file, '{wanted}' in any letter case")
