"""The grammar of a suite's rows: `gan(loss=hinge) + r1(weight=1)`.

It is Python's own expression grammar, read with `ast` and never evaluated: names, calls with literals, and `+`. A bare
name is a word (`loss=hinge`), a list may stand for several values of one option (`lr=[1e-4, 1e-3]`).
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any

from bench.plugins.own_code import CLASS

QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
BARE = re.compile(  # a path, a file's name or another text with / \\ : or .x in it; what stands between quotes is passed over
    r"""(?P<quoted>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?<![\w.])(?P<bare>(?:[\w~]|[./\\]+(?=[A-Za-z_~./\\]))[\w~./\\:-]*)"""
)

LONGEST = 10_000  # characters of a row
Value = Any  # int | float | bool | None | str | tuple | list | Call


class GrammarError(ValueError):
    """A row that is not in the grammar; the message is one line."""


@dataclass(frozen=True)
class Call:
    """A word with its options, as written. A bare name is a call without options."""

    word: str
    positional: tuple[Value, ...] = ()
    named: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        options = [text(v) for v in self.positional] + [f"{name}={text(v)}" for name, v in self.named]
        return f"{self.word}({', '.join(options)})" if options else self.word


def text(value: Value) -> str:
    """A value as a suite would write it; `read` gives the same value back."""
    if isinstance(value, tuple | list):
        inside = ", ".join(map(text, value))
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value and not value.is_integer() else repr(value)
    return str(value) if isinstance(value, Call) else repr(value)


def read(row: str) -> list[Call]:
    """`a(x=1) + b` -> its calls, from left to right. Raises GrammarError."""
    row = row.strip()
    if len(row) > LONGEST:
        raise GrammarError(f"can't read {shown(row)}: it has {len(row)} characters, and a row at most {LONGEST}")
    try:
        return _read(row)
    except (RecursionError, MemoryError):
        raise GrammarError(f"can't read {shown(row)}: too much stands inside or behind one another") from None


def value(written: str) -> Value:
    """One value as it may stand behind an option: `(0, .9)`, `hinge`, `log(1e-4, 3e-2)`. Raises GrammarError."""
    try:
        (call,) = read(f"of({written})")
        (found,) = call.positional
    except (GrammarError, ValueError):
        found = call = None
    if call is None or call.named:
        raise GrammarError(f"can't read {shown(written)}: expected a number, a word, a text, a tuple or a list")
    return found


def shown(row: str, most: int = 200) -> str:
    """A row between quotes, on one line and no longer than that."""
    line = " ".join(row.split())
    return f"'{line}'" if len(line) <= most else f"'{line[:most]}…'"


def _read(row: str) -> list[Call]:
    bare = QUOTED.sub("", row)
    if "#" in bare:
        raise GrammarError(f"can't read {shown(row)}: '#' is no part of a call; a comment needs a space before it")
    try:
        tree = ast.parse(BARE.sub(_between_quotes, row), mode="eval").body
    except (SyntaxError, ValueError) as error:
        hint = ""
        if bare.count("(") != bare.count(")"):
            hint = ": a bracket is open"
        elif "\n" in row:
            hint = ": write it on one line, or with '>' in place of '|'"
        elif re.search(r"=\s*[~./\\]", row):
            hint = ": a path with spaces or brackets needs quotes, as in image_folder(root='/data/my faces')"
        elif isinstance(error, SyntaxError) and error.msg:
            hint = f": {error.msg.partition(';')[0]}"
        raise GrammarError(f"can't read {shown(row)}{hint}") from None
    terms: list[ast.expr] = []
    while isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add):
        terms.append(tree.right)
        tree = tree.left
    return [_call(term, row) for term in [tree, *reversed(terms)]]


def _between_quotes(found: re.Match[str]) -> str:
    """A bare path between quotes; any other word as it is."""
    bare = found["bare"]
    if not bare or not re.search(r"[/\\:]|\.[A-Za-z]", bare) or re.fullmatch(r"[\d.]+(e-?\d*)?", bare):
        return found[0]
    return repr(bare)


def _call(node: ast.expr, row: str) -> Call:
    if word := _word(node):
        return Call(word)
    if isinstance(node, ast.Call) and (word := _word(node.func)):
        names = [k.arg for k in node.keywords]
        if None in names or any(isinstance(a, ast.Starred) for a in node.args):
            raise GrammarError(f"can't read {shown(row)}: * and ** are not in the grammar")
        if twice := next((n for n in names if names.count(n) > 1), None):
            raise GrammarError(f"option '{twice}' is given twice in {shown(ast.unparse(node))}")
        named = tuple((k.arg, _value(k.value, row)) for k in node.keywords if k.arg)
        return Call(word, tuple(_value(a, row) for a in node.args), named)
    raise GrammarError(
        f"can't read {shown(ast.unparse(node))} in {shown(row)}: expected a word like r1, or r1(weight=1)"
    )


def _word(node: ast.expr) -> str | None:
    """A name, or `module:Class`, which stands between quotes by now."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and CLASS.fullmatch(node.value):
        return node.value
    return node.id if isinstance(node, ast.Name) else None


def _value(node: ast.expr, row: str) -> Value:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float | str | None):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        number = _value(node.operand, row)
        if isinstance(number, int | float) and not isinstance(number, bool):
            return -number if isinstance(node.op, ast.USub) else number
    if isinstance(node, ast.Tuple):
        return tuple(_value(e, row) for e in node.elts)
    if isinstance(node, ast.List):
        return [_value(e, row) for e in node.elts]
    if isinstance(node, ast.Name | ast.Call):
        return _call(node, row)
    raise GrammarError(
        f"can't read {shown(ast.unparse(node))} in {shown(row)}: an option is a number, a word, a text, a tuple or a list"
    )
