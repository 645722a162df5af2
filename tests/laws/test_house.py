"""The order of the folders: each says what it may import, imports nothing else, and there is no circle.

Imports are read from the source, those inside functions and those for type checkers included.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import bench

ROOT = Path(bench.__file__).parent
LOOSE = {"__init__.py", "__main__.py"}
Graph = dict[str, set[str]]


def modules(root: Path) -> dict[str, Path]:
    """`bench.training.loop` -> its file; a package by its `__init__.py`."""
    found = {}
    for file in sorted(root.rglob("*.py")):
        parts = ("bench", *file.relative_to(root).with_suffix("").parts)
        found[".".join(parts).removesuffix(".__init__")] = file
    return found


def imported(file: Path, known: dict[str, Path]) -> Iterator[str]:
    """Every module of bench that a file names in an import, wherever the import stands."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in known else node.module


def graph(root: Path) -> Graph:
    known = modules(root)
    return {name: set(imported(file, known)) for name, file in known.items()}


def folder(module: str) -> str:
    return ".".join(module.split(".")[1:2])


def circle(edges: Graph) -> list[str]:
    """The modules of one circle; empty where there is none."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def said(root: Path, name: str) -> set[str]:
    """What a folder says that it may import: `May import: data, hashing.` in its `__init__.py`."""
    text = ast.get_docstring(ast.parse((root / name / "__init__.py").read_text(encoding="utf-8"))) or ""
    found = re.search(r"May import: ([^.]+)\.", text)
    assert found, f"bench/{name}/__init__.py does not say what it may import"
    return set(re.split(r",\s+", found[1])) - {"nothing"}


def misplaced(root: Path) -> list[str]:
    """Imports that a folder does not allow itself."""
    return [
        f"{module} imports {other}"
        for module, others in graph(root).items()
        if folder(module) and not module.endswith("__main__")
        for other in others
        if folder(other) != folder(module) and folder(other) not in said(root, folder(module))
    ]


FOLDERS = sorted({folder(m) for m in modules(ROOT)} - {"", "__main__"})


def test_no_file_lies_loose() -> None:
    assert {file.name for file in ROOT.glob("*.py")} == LOOSE


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_says_what_it_imports_and_no_more(name: str) -> None:
    real = {folder(o) for m, others in graph(ROOT).items() if folder(m) == name for o in others} - {name}
    assert real == said(ROOT, name)


def test_folders_stand_above_what_they_use() -> None:
    assert circle({name: said(ROOT, name) for name in FOLDERS}) == []


def test_files_import_one_another_in_no_circle() -> None:
    assert circle(graph(ROOT)) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("stats/ranks.py", "from bench.claims import judge"),
        ("training/state.py", "def late():\n    from bench.running.plan import plan"),
        ("data/ring.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from bench import reporting"),
        ("hashing/noise_keys.py", "import bench.training.rng"),
    ],
)
def test_an_upward_import_is_found(tmp_path: Path, file: str, line: str) -> None:
    for source in ROOT.rglob("*.py"):
        copy = tmp_path / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    assert misplaced(tmp_path) == []
    planted = tmp_path / file
    planted.write_text(f"{planted.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    assert len(misplaced(tmp_path)) == 1


def test_a_circle_inside_a_folder_is_found(tmp_path: Path) -> None:
    for name, text in (
        ("a", "from bench.x.b import B"),
        ("b", "def f():\n    from bench.x import a"),
        ("__init__", ""),
    ):
        (tmp_path / "x").mkdir(exist_ok=True)
        (tmp_path / "x" / f"{name}.py").write_text(text)
    assert set(circle(graph(tmp_path))) == {"bench.x.a", "bench.x.b"}
