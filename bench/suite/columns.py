"""The columns that metrics yield, as a report calls them, and how a suite asks for each: `fd_digits` by `frechet(space=digits)`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from bench import plugins
from bench.diagnostics import summary
from bench.plugins import close, nearest
from bench.suite.grammar import Call

QUALITY = ("quality", "q")


def columns(of: str = "") -> dict[str, str]:
    """Column -> the call that yields it with the fewest options, of every metric in every feature space.

    `of` is a column that is looked for: what follows a space's name in it may be what the space is asked for
    (`fd_dinov2_vits14` by `frechet(space=dinov2:vits14)`).
    """
    found: dict[str, str] = {}
    for word in plugins.words("metrics"):
        for given in _settings(word, of):
            try:
                names = plugins.find("metrics", word)(**given).names()
            except (Exception, SystemExit, GeneratorExit):  # it needs an option, or a file, or is broken
                continue
            call = str(Call(word, named=tuple((k, Call(v) if isinstance(v, str) else v) for k, v in given.items())))
            for name in names:
                found.setdefault(name, call)
    return found


def unknown(word: str, error: Exception) -> str:
    """What an error says of a row of metrics; of a word that is none, with what to write in its place."""
    if word in plugins.words("metrics") or not isinstance(error, plugins.UnknownName):
        return str(error.args[0] if error.args else error)
    return f"no metric is called '{word}'{hint(word)}"


def hint(name: str) -> str:
    """What to write under `metrics:` in place of a word that is none: `; write frechet(space=inception)`."""
    if name in QUALITY:
        return "; 'quality' is measured wherever a metric is, and needs no entry"
    known = columns(name)
    if name in known:
        return f"; write {known[name]}"
    if of := told_from(name, known):
        return f"; it is told from {of}: write {known[of]}"
    words = plugins.words("metrics")
    said = close(name, [*words, *known])
    column = next((column for column in known if column not in words and f"'{column}'" in said), None)
    return f"{said} write {known[column]}" if column else nearest(name, words)


def addition(name: str) -> str:
    """`; add 'frechet(space=digits)' to 'metrics'` of a column, or of what is told from one, that a suite does not measure."""
    known = columns(name)
    column = name if name in known else told_from(name, known)
    return f"; add '{known[column]}' to 'metrics'" if column else ""


def told_from(name: str, known: dict[str, str]) -> str | None:
    """The column that a diagnostic of a curve is told from: `modes_hit` of `modes_hit_best`; None where `name` is none."""
    fitting = (column for column in known if name.startswith(f"{column}_"))
    return next((column for column in fitting if name in summary.names((column,), ())), None)


def _settings(word: str, of: str) -> Iterator[dict[str, Any]]:
    """No option, then each feature space, each with the switches of a metric turned or not."""
    try:
        options = plugins.options(plugins.find("metrics", word))
    except plugins.BrokenPlugin:
        return
    switches = [option for option in options if isinstance(option.default, bool)]
    spaces = [space for space in _spaces(of) if any(option.name == "space" for option in options)]
    for turned in product(*[(False, True)] * len(switches)):
        given = {switch.name: not switch.default for switch, turn in zip(switches, turned, strict=True) if turn}
        yield given
        yield from ({"space": space, **given} for space in spaces)


def _spaces(of: str) -> Iterator[str]:
    for space in plugins.words("features"):
        yield space
        if asked := of.partition(f"_{space}_")[2]:
            yield f"{space}:{asked}"
