"""The code behind a result: a hash of the source files that could change its numbers.

A file counts with everything of the same package that it imports, however deep; one that lies in a folder of own code
(`follow`) with everything that it imports from there. Comments, docstrings and layout do not.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

BESIDE = "bench.plugins"  # decides what is found, not what is computed
_OWN: list[str] = []  # folders of a suite's own code


def follow(folders: Iterable[str]) -> None:
    """Count what modules of these folders import from there, in place of other folders'; files are read anew."""
    _OWN[:] = folders
    for cached in (_path, _imports, _read, _whole):
        cached.cache_clear()


def within(module: ModuleType, folders: Iterable[str]) -> bool:
    """Whether a module was imported from one of some folders, not from a package that is installed below it."""
    return _lies_in(module.__name__, getattr(module, "__file__", None), folders)


def _lies_in(name: str, file: object, folders: Iterable[str]) -> bool:
    ends = [name.replace(".", "/") + ".py", name.replace(".", "/") + "/__init__.py"]
    return file is not None and str(file) in {str(Path(folder, end)) for folder in folders for end in ends}


def code_hash(modules: Iterable[str]) -> str:
    """A hash of the code of some modules and of all that they import from their packages."""
    return _whole(frozenset(modules))


@cache
def _whole(modules: frozenset[str]) -> str:
    todo, seen = [m for m in modules if not m.startswith("torch.")], set[str]()
    while todo:
        name = todo.pop()
        if name not in seen and name != "bench" and not f"{name}.".startswith(f"{BESIDE}."):
            seen.add(name)
            todo += _imports(name)
    return hashlib.sha256("".join(f"{name} {_digest(name)}\n" for name in sorted(seen)).encode()).hexdigest()


@cache
def _path(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


@cache
def _imports(module: str) -> frozenset[str]:
    """The modules of bench, and of the module's own package, that its source names in an import anywhere."""
    path = _path(module)
    package = module if path and path.name == "__init__.py" else module.rpartition(".")[0]
    ours, own = ("bench", module.partition(".")[0]), _lies_in(module, path, _OWN)
    found = set()
    for node in _read(path).imports if path else ():
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        else:
            name = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(name, package) if node.level else name
            if base.partition(".")[0] in ours or (own and _lies_in(base, _path(base), _OWN)):
                # a name may be a module or something inside one
                found |= {base} | {f"{base}.{alias.name}" for alias in node.names if _path(f"{base}.{alias.name}")}
    return frozenset(
        name
        for name in found
        if _path(name) and (name.partition(".")[0] in ours or (own and _lies_in(name, _path(name), _OWN)))
    )


def _digest(module: str) -> str:
    """A hash of a module's code alone."""
    path = _path(module)
    return _read(path).digest if path else hashlib.sha256(b"").hexdigest()


class _Source(NamedTuple):
    """What counts of a file."""

    imports: tuple[ast.Import | ast.ImportFrom, ...]
    digest: str


@cache
def _read(path: Path) -> _Source:
    """A file without its comments, layout and statements that are a constant and nothing else: docstrings."""
    tree = ast.parse(path.read_bytes())
    imports = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(node)
        for block in ("body", "orelse", "finalbody"):
            if isinstance(statements := getattr(node, block, None), list):
                setattr(node, block, [one for one in statements if not _silent(one)])
    return _Source(tuple(imports), hashlib.sha256(ast.unparse(tree).encode()).hexdigest())


def _silent(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
