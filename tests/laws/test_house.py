"""The order of the folders: each says what it may import, imports nothing else, and there is no circle.

Imports are read from the source (`imports.py`), those inside functions and those for type checkers included.
"""

from __future__ import annotations

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import bench
from tests.laws.imports import Graph, executed, graph, modules

ROOT = Path(bench.__file__).parent
LOOSE = {"__init__.py", "__main__.py"}


def folder(module: str) -> str:
    """`bench.training.loop` -> `training`; what lies outside of bench is its own."""
    return "tests" if module == "tests" else ".".join(module.split(".")[1:2])


def circle(edges: Graph) -> list[str]:
    """The modules of one circle; empty where there is none."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def said(root: Path, name: str) -> set[str]:
    """What a folder says that it may import: `May import: data, hashing.` in its `__init__.py`."""
    file = root / name / "__init__.py"
    assert file.is_file(), f"bench/{name} has no __init__.py, which says what it may import"
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    found = re.search(r"May import: ([^.]+)\.", text)
    assert found, f"bench/{name}/__init__.py does not say what it may import"
    return set(re.split(r",\s+", found[1])) - {"nothing"}


def misplaced(root: Path) -> list[str]:
    """Imports that a folder does not allow itself."""
    return [
        f"{module} imports {other}"
        for module, others in graph(root).items()
        for other in others
        if other == "tests"
        or (
            folder(module)
            and not module.endswith("__main__")
            and folder(other) != folder(module)
            and folder(other) not in said(root, folder(module))
        )
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
    assert circle(executed(graph(ROOT))) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("stats/ranks.py", "from bench.claims import judge"),
        ("training/state.py", "def late():\n    from bench.running.plan import plan"),
        ("data/ring.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from bench import reporting"),
        ("hashing/noise_keys.py", "import bench.training.rng"),
        ("stats/ranks.py", "from ..claims import judge"),
        ("stats/ranks.py", "from .. import claims"),
        ("stats/__init__.py", "from ..claims.judge import judge"),
        ("running/executors/base.py", "from ...reporting import page"),
        ("stats/ranks.py", "import importlib\nimportlib.import_module('bench.claims.judge')"),
        ("stats/ranks.py", "from importlib import import_module\nimport_module('..claims', __package__)"),
        ("stats/ranks.py", "from bench.plugins.lazily import lazily\njudge = lazily('bench.claims.judge')"),
        ("stats/ranks.py", "__import__('bench.claims.judge')"),
        ("stats/ranks.py", "import pkgutil\npkgutil.resolve_name('bench.claims.judge:judge')"),
        ("stats/ranks.py", "from importlib import import_module\nx = 'judge'\nimport_module(f'bench.claims.{x}')"),
        ("claims/judge.py", "import bench.stats\nx = bench.reporting.page.Part"),
        ("stats/ranks.py", "from tests.laws import cases"),
        ("__init__.py", "import tests.laws.cases"),
    ],
)
def test_an_upward_import_is_found(tmp_path: Path, file: str, line: str) -> None:
    for source in ROOT.rglob("*.py"):
        copy = tmp_path / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    planted = tmp_path / file
    planted.write_text(f"{planted.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    assert len(misplaced(tmp_path)) == 1, misplaced(tmp_path)


def test_a_folder_that_does_not_say_what_it_imports_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.py").write_text("")
    with pytest.raises(AssertionError, match=r"bench/x has no __init__\.py, which says what it may import"):
        said(tmp_path, "x")


@pytest.mark.parametrize(
    ("files", "round_it"),
    [
        ({"x/a": "from bench.x.b import B", "x/b": "def f():\n    from bench.x import a"}, {"x.a", "x.b"}),
        ({"x/a": "from .b import B", "x/b": "from . import a"}, {"x.a", "x.b"}),
        ({"x/__init__": "from .a import A", "x/a": "from . import A"}, {"x", "x.a"}),
        ({"x/__init__": "from bench.x.a import A", "x/a": "from bench.x import A"}, {"x", "x.a"}),
        # entering x/c runs x/__init__.py first
        ({"x/__init__": "from bench.x.a import A", "x/a": "from bench.y.b import B", "x/c": "", "y/__init__": "",
          "y/b": "from bench.x.c import C"}, {"x", "x.a", "y.b"}),
    ],
)  # fmt: skip
def test_a_circle_of_files_is_found(tmp_path: Path, files: dict[str, str], round_it: set[str]) -> None:
    for name, text in {"x/__init__": "", **files}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.py").write_text(text)
    assert set(circle(executed(graph(tmp_path)))) == {f"bench.{name}" for name in round_it}
