"""Every word that a suite may use: its options, its summary, its file."""

from __future__ import annotations

import inspect
import os
from dataclasses import dataclass, is_dataclass
from pathlib import Path

from bench import plugins
from bench.plugins import BrokenPlugin, Option, first_line
from bench.suite.grammar import text


@dataclass(frozen=True)
class Entry:
    """One word of a category."""

    word: str
    call: str  # with every option and its default
    summary: str  # the first line of its docstring
    source: str  # its file
    alters: str = ""  # of a stabilizer: the hooks
    costs: str = ""  # of a probe: how much of training


def entries(category: str) -> list[Entry]:
    """All words of a category; one that can't be imported says why in place of a summary."""
    found = []
    for word in plugins.words(category):
        try:
            plugin = plugins.find(category, word)
        except BrokenPlugin as error:
            found.append(Entry(word, word, f"BROKEN: {first_line(error)}", ""))
            continue
        call = f"{word}({', '.join(_shown(option) for option in plugins.options(plugin))})".removesuffix("()")
        found.append(Entry(word, call, _summary(plugin), _file(plugin), _alters(plugin), _costs(plugin)))
    return found


def _shown(option: Option) -> str:
    if option.required:
        return option.name
    if is_dataclass(option.default):  # another plugin, with its own defaults
        return f"{option.name}={plugins.word_of(type(option.default))}"
    return f"{option.name}={option.default if isinstance(option.default, str) else text(option.default)}"


def _summary(plugin: type) -> str:
    """The class's own first line; dataclasses without one get their signature as docstring, which says nothing."""
    said = next(iter(inspect.cleandoc(plugin.__doc__ or "").splitlines()), "")
    return "" if said.startswith(f"{plugin.__name__}(") else said


def _file(plugin: type) -> str:
    path = Path(inspect.getsourcefile(plugin) or "")
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else os.fspath(path)


def _alters(plugin: type) -> str:
    from bench.training.hooks import Stabilizer, hooks_of

    return ", ".join(hooks_of(plugin)) if issubclass(plugin, Stabilizer) else ""


def _costs(plugin: type) -> str:
    from bench.probes.base import Probe

    if not issubclass(plugin, Probe) or plugin.price is None:
        return ""
    every = next(option.default for option in plugins.options(plugin) if option.name == "every")
    return f"a look takes as long as {plugin.price:g} steps: {100 * plugin.price / every:.2g} % of training at every={every}"
