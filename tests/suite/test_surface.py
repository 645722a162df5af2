"""What `import bench` gives: typed words, imported when they are asked for."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import bench

LATE = "import sys, bench; dir(bench); sys.exit('torch' in sys.modules or 'pandas' in sys.modules)"


def test_importing_it_imports_nothing_heavy() -> None:
    assert subprocess.run([sys.executable, "-c", LATE], check=False).returncode == 0


def test_every_word_is_there_and_is_known_to_type_checkers() -> None:
    tree = ast.parse(Path(bench.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    typed = {
        alias.asname: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert sorted(map(str, typed)) == sorted(bench.__all__)
    for word in bench.__all__:
        found = getattr(bench, word)
        assert inspect.getdoc(found), word
        assert getattr(sys.modules[str(typed[word])], word) is found


def test_its_functions_say_what_they_take() -> None:
    for word in ("run", "load", "load_records", "load_suite", "report", "sample", "stability", "verdicts"):
        signature = inspect.signature(getattr(bench, word))
        assert all(p.annotation is not p.empty for p in signature.parameters.values()), word
        assert not any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values()), word
