"""Every word that a suite may use: its options, its summary, its file."""

from __future__ import annotations

import fnmatch
import inspect
import os
from dataclasses import dataclass, is_dataclass, replace
from math import inf
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from bench import plugins
from bench.plugins import BrokenPlugin, Option, first_line
from bench.plugins.ranges import BOUNDS, Range, ranges
from bench.suite.grammar import text
from bench.suite.options import name_of


@dataclass(frozen=True)
class ListedOption:
    """One option of a word."""

    name: str
    kind: str  # what may stand there, in words
    default: str | None  # as a suite would write it; None where it has to be given
    choices: tuple[str, ...] = ()  # the words that it may be; () where it is no choice
    range: str = ""  # of a number

    @property
    def said(self) -> str:
        """`loss: non_saturating, hinge, …` or `weight: a number, at least 0`."""
        what = ", ".join(self.choices) or ", ".join(filter(None, [self.kind, self.range]))
        return f"{self.name}: {what}" + " (has to be given)" * (self.default is None)


@dataclass(frozen=True)
class Entry:
    """One word of a category."""

    word: str
    call: str  # with every option and its default
    summary: str  # the first line of its docstring
    source: str  # its file
    alters: str = ""  # of a stabilizer: the hooks
    costs: str = ""  # of a probe: how much of training
    options: tuple[ListedOption, ...] = ()


def entries(category: str, pattern: str = "*") -> list[Entry]:
    """The words of a category that a pattern fits; one that can't be imported says why in place of a summary."""
    found = []
    for word in fnmatch.filter(plugins.words(category), pattern):
        try:
            plugin = plugins.find(category, word)
        except BrokenPlugin as error:
            found.append(Entry(word, word, f"BROKEN: {first_line(error)}", ""))
            continue
        call = f"{word}({', '.join(_shown(option) for option in plugins.options(plugin))})".removesuffix("()")
        about = (_summary(plugin), _file(plugin), _alters(plugin), _costs(plugin))
        found.append(Entry(word, call, *about, tuple(map(_listed, plugins.options(plugin)))))
    return found


def _shown(option: Option) -> str:
    return option.name if option.required else f"{option.name}={_default(option)}"


def _default(option: Option) -> str:
    if is_dataclass(option.default):  # another plugin, with its own defaults
        return plugins.word_of(type(option.default))
    return option.default if isinstance(option.default, str) else text(option.default)


def _listed(option: Option) -> ListedOption:
    choices = option.words or tuple(str(word) for word in choices_of(option.kind))
    kept = ", ".join(dict.fromkeys(_range(one) for one in ranges(option.declared)))
    default = None if option.required else _default(option)
    return ListedOption(option.name, name_of(option.kind), default, tuple(choices), kept)


def _range(one: Range) -> str:
    """A range in words, without an end beyond which nothing works any more."""
    return str(replace(one, most=inf) if one.most in BOUNDS else one)


def choices_of(kind: Any) -> tuple[Any, ...]:
    """What a Literal allows, inside a union too."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    return tuple(one for inside in get_args(kind) for one in choices_of(inside))


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
