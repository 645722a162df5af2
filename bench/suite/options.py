"""Options of a plugin, checked against the annotations of its dataclass: a call becomes instances, or a WrongOption.

A list in an option whose type is no list or tuple stands for several values: the call becomes a grid.
"""

from __future__ import annotations

import inspect
import itertools
import math
import types
from typing import Any, Literal, Union, get_args, get_origin

from bench import plugins
from bench.plugins import BrokenPlugin, Option, UnknownName, close, first_line, reason
from bench.plugins.ranges import MANY
from bench.suite.grammar import Call, text

QUOTES = "'\""
MOST = 10_000  # settings that the lists of one row make


class WrongOption(ValueError):
    """An option that does not fit: one line, without the place."""


def make(category: str, call: Call) -> list[tuple[dict[str, Any], Call, Any]]:
    """The plugin behind a call, once for every point of its grid.

    Returns (the options that vary and their values, the call of that point, the instance). Raises WrongOption with one
    line for each mistake, UnknownName and BrokenPlugin.
    """
    plugin = plugins.find(category, call.word)
    given = bind(call, plugin)
    known = {o.name: o for o in plugins.options(plugin)}
    grid = {name: v for name, v in given.items() if isinstance(v, list) and not _fits(v, known[name])}
    if (points := math.prod(map(len, grid.values()))) > MOST:
        raise WrongOption(f"{call.word}: its lists make {points} settings, and a row has at most {MOST}")
    made, wrong = (
        [],
        [f"option '{name}' of {call.word}: {why}" for name in grid if (why := _twice(grid[name], known[name]))],
    )
    for point in itertools.product(*grid.values()):
        varied = dict(zip(grid, point, strict=True))
        chosen = given | varied
        values = {}
        for name, value in chosen.items():
            try:
                values[name] = fit(value, known[name])
            except (WrongOption, UnknownName, BrokenPlugin) as error:
                wrong.append(f"option '{name}' of {call.word}: {error}")
        if large := plugins.too_large({name: value for name, value in values.items() if isinstance(value, int)}):
            wrong.append(f"{call.word}: {large}")
        if wrong:
            continue
        try:
            instance = plugin(**values)
        except (ValueError, LookupError, ImportError) as error:  # the plugin's own check, of words that it looks up too
            wrong.append(f"{call.word}: {said(error).removeprefix(f'{call.word}: ')}")
            continue
        except (Exception, SystemExit, GeneratorExit) as error:  # a bug of the plugin
            wrong.append(f"{call.word} can't be made: {reason(error)}")
            continue
        made.append((varied, Call(call.word, named=tuple(chosen.items())), instance))
    if wrong or not made:
        raise WrongOption("\n".join(dict.fromkeys(wrong)) or f"an empty list leaves nothing of '{call}'")
    return made


def bind(call: Call, plugin: type) -> dict[str, Any]:
    """The options of a call by name; positional ones fill the fields in order. Raises WrongOption."""
    known = [o.name for o in plugins.options(plugin)]
    listed = f"(options: {', '.join(known) or 'none'})"
    wrong = []
    if len(call.positional) > len(known):
        wrong.append(f"{call.word} takes at most {len(known)} options, {len(call.positional)} are given {listed}")
    given = dict(zip(known, call.positional, strict=False))
    for name, value in call.named:
        if name not in known:
            wrong.append(f"'{name}' is not an option of {call.word}{close(name, known)} {listed}")
        elif name in given:
            wrong.append(f"option '{name}' of {call.word} is given twice")
        given[name] = value
    wrong += [
        f"{call.word} needs its option '{o.name}' {listed}"
        for o in plugins.options(plugin)
        if o.required and o.name not in given
    ]
    if wrong:
        raise WrongOption("\n".join(wrong))
    return given


def fit(value: Any, option: Option) -> Any:
    """A value of the grammar as one of the option's type and in its range. Raises WrongOption."""
    fitted = convert(value, option.kind)
    if option.words and fitted not in option.words:
        raise WrongOption(f"'{fitted}' is unknown{plugins.nearest(str(fitted), list(option.words))}")
    if why := plugins.outside(fitted, option.declared):
        raise WrongOption(why)
    return fitted


def _twice(points: list[Any], option: Option) -> str:
    """What two points of a grid say that are one value, as 1 and 1.0 of a number are; '' where none do."""
    met: dict[str, Any] = {}
    for point in points:
        try:
            fitted = repr(convert(point, option.kind))
        except (WrongOption, UnknownName, BrokenPlugin):
            continue  # which is told where it is fitted
        if fitted in met:
            same = text(met[fitted]) == text(point)
            return (
                f"{_short(point)} is given twice"
                if same
                else f"{_short(met[fitted])} and {_short(point)} are one value"
            )
        met[fitted] = point
    return ""


def _fits(value: Any, option: Option) -> bool:
    try:
        convert(value, option.kind)
    except (WrongOption, UnknownName, BrokenPlugin):
        return False
    return True


def convert(value: Any, kind: Any) -> Any:
    """A value of the grammar as one of an annotation's type; an int will do for a float. Raises WrongOption."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _first(value, inside, kind)
    if origin is Literal:
        word = value.word if isinstance(value, Call) and str(value) == value.word else value
        for allowed in inside:
            if type(word) is type(allowed) and word == allowed:
                return allowed
        raise WrongOption(
            f"'{text(value).strip(QUOTES)}' is none of {', '.join(map(str, inside))}{close(str(word), map(str, inside))}"
        )
    if origin in (tuple, list) or kind in (tuple, list):
        return _sequence(value, origin or kind, inside, kind)
    if kind is Any:
        return value
    if kind in (None, type(None)) and value is None:
        return None
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool) and _finite(value):
        return float(value)
    if kind is str and isinstance(value, str):
        return value
    if kind is str and isinstance(value, Call) and str(value) == value.word:
        return value.word
    category = plugins.category_of_base(kind) if inspect.isclass(kind) else None
    if category and isinstance(value, Call):
        made = make(category, value)
        if len(made) > 1:
            several = " and ".join(made[0][0])
            raise WrongOption(
                f"a list stands for several values only in a row's own call, not in '{several}' of {value}"
            )
        return made[0][2]
    raise WrongOption(f"expected {name_of(kind)}, not {_short(value)}{_capital(value, kind)}")


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float is near
        return False


def said(error: BaseException) -> str:
    """What a plugin says of its options; of an error that is a text and no more, that text."""
    return str(error.args[0]) if isinstance(error, UnknownName) and error.args else first_line(error)


def _first(value: Any, kinds: tuple[Any, ...], kind: Any) -> Any:
    for one in sorted(kinds, key=lambda k: k is float):  # an int stays one in int | float
        try:
            return convert(value, one)
        except WrongOption:
            if isinstance(value, Call) and inspect.isclass(one) and plugins.category_of_base(one):
                raise  # a plugin says what is wrong with its own options
    raise WrongOption(f"expected {name_of(kind)}, not {_short(value)}")


def _sequence(value: Any, origin: type, inside: tuple[Any, ...], kind: Any) -> Any:
    if not isinstance(value, tuple | list):
        raise WrongOption(f"expected {name_of(kind)}, not {_short(value)}")
    if origin is tuple and inside and inside[-1] is not Ellipsis:
        if len(inside) != len(value):
            raise WrongOption(f"expected {len(inside)} values {name_of(kind)}, not {_short(value)}")
        return tuple(convert(v, k) for v, k in zip(value, inside, strict=True))
    return origin(convert(v, inside[0] if inside else Any) for v in value)


def _short(value: Any) -> str:
    """A value as it is written, cut where it is very long."""
    written = text(value)
    return written if len(written) <= 100 else f"{written[:100]}…"


def name_of(kind: Any) -> str:
    """An annotation as a suite's author would call it."""
    if kind in (None, type(None)):
        return "None"
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(name_of(k) for k in inside)
    if origin is Literal:
        return " or ".join(map(str, inside))
    if origin in (tuple, list):
        return f"({', '.join('...' if k is Ellipsis else name_of(k) for k in inside)})"
    names = {bool: "True or False", int: "a whole number", float: "a number", str: "a text", Any: "a value"}
    return names.get(kind) or str(getattr(kind, "__name__", kind))


def _capital(value: Any, kind: Any) -> str:
    """`true` is YAML's and `True` is Python's."""
    if isinstance(value, Call) and value.word in ("true", "false", "none", "null"):
        return f"; did you mean '{'None' if value.word in ('none', 'null') else value.word.capitalize()}'?"
    if kind is int and isinstance(value, float) and value.is_integer() and abs(value) <= MANY:
        return f"; did you mean {int(value)}?"
    return ""
