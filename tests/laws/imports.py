"""Which modules of bench a file imports, in whatever way it is written, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

DYNAMIC = {"import_module", "lazily", "__import__", "resolve_name"}
Graph = dict[str, set[str]]


def modules(root: Path) -> dict[str, Path]:
    """`bench.training.loop` -> its file; a package by its `__init__.py`."""
    found = {}
    for file in sorted(root.rglob("*.py")):
        parts = ("bench", *file.relative_to(root).with_suffix("").parts)
        found[".".join(parts).removesuffix(".__init__")] = file
    return found


def imported(module: str, known: dict[str, Path]) -> set[str]:
    """Every module of bench, and `tests` where one of those is named, that a module imports, wherever that stands.

    Relative imports, `import_module` and its like with a literal, and attributes of imported packages are imports too.
    """
    file = known[module]
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    return set(_imported(file.read_text(encoding="utf-8"), package, frozenset(known)))


@cache
def _imported(text: str, package: str, known: frozenset[str]) -> frozenset[str]:
    tree = ast.parse(text)
    named: dict[str, str] = {}  # what a name of the file stands for
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found |= _nearest(alias.name, known)
                top = alias.name.partition(".")[0]
                named[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            source = absolute("." * node.level + (node.module or ""), package)
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                found |= _nearest(inner if inner in known else source, known)
                if inner in known:
                    named[alias.asname or alias.name] = inner
        elif isinstance(node, ast.Call) and (target := _literal(node)):
            found |= _nearest(absolute(target, package), known)
    for written in _chains(tree):
        root, _, rest = written.partition(".")
        if root in named:
            found |= _nearest(f"{named[root]}.{rest}", known) - {"bench"}
    return frozenset(found)


def absolute(name: str, package: str) -> str:
    """`..claims` inside `bench.stats` -> `bench.claims`."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - level + 1], *filter(None, [name.lstrip(".")])])


@cache
def graph(root: Path) -> Graph:
    known = modules(root)
    return {name: imported(name, known) for name in known}


def executed(edges: Graph) -> Graph:
    """With what Python runs on the way: the `__init__.py` of every folder that is entered from outside."""
    return {m: {p for other in others for p in (other, *_entered(m, other, edges))} for m, others in edges.items()}


def _entered(module: str, other: str, known: Graph) -> Iterator[str]:
    parts = other.split(".")
    for k in range(2, len(parts)):
        above = ".".join(parts[:k])
        if above in known and not f"{module}.".startswith(f"{above}."):
            yield above


def _nearest(name: str, known: frozenset[str]) -> set[str]:
    """The longest part of a dotted name that is a module: `bench.stats.Measure` is an import of `bench.stats`."""
    parts = name.split(".")
    if parts[0] == "tests":
        return {"tests"}
    while parts and ".".join(parts) not in known:
        parts.pop()
    return {".".join(parts)} & known


def _literal(node: ast.Call) -> str | None:
    """What `import_module("bench.x")` names; of an f-string, what it begins with."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    given = [*node.args, *(k.value for k in node.keywords if k.arg == "name")]
    if called not in DYNAMIC or not given:
        return None
    first = given[0].values[0] if isinstance(given[0], ast.JoinedStr) and given[0].values else given[0]
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return None
    return first.value.replace(":", ".").rstrip(".")


def _chains(tree: ast.AST) -> Iterator[str]:
    """Every `a.b.c` of a file, the longest ones alone."""
    inner: set[int] = set()
    for node in ast.walk(tree):  # outer ones come first
        if isinstance(node, ast.Attribute) and id(node) not in inner:
            parts: list[str] = []
            part: ast.AST = node
            while isinstance(part, ast.Attribute):
                inner.add(id(part))
                parts.append(part.attr)
                part = part.value
            if isinstance(part, ast.Name):
                yield ".".join([part.id, *reversed(parts)])
