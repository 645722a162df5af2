"""The hash of the code behind a result."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from bench.hashing import code
from bench.hashing.code import code_hash


def test_code_counts_and_comments_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "ours"
    package.mkdir()
    (package / "__init__.py").write_text("")
    plugin, deep = package / "plugin.py", package / "deep.py"
    monkeypatch.syspath_prepend(str(tmp_path))

    def hashed(plugin_text: str, deep_text: str) -> str:
        plugin.write_text(textwrap.dedent(plugin_text))
        deep.write_text(textwrap.dedent(deep_text))
        for cache in (code._path, code._imports, code._read, code._whole):
            cache.cache_clear()
        return code_hash(["ours.plugin"])

    using, number = "from .deep import X\n\ndef f(): return X\n", "X = 1\n"
    plain = hashed(using, number)
    assert hashed('"""Says what."""\n' + using.replace(": return", ":\n    # why\n    return"), number) == plain
    assert hashed(using, "X = 2\n") != plain  # a file that the plugin imports
    assert hashed(using.replace("X\n\n", "X as X\n\nY = 0\n"), number) != plain
    lazy = "def f():\n    from ours import deep\n    return deep.X\n"
    assert hashed(lazy, number) != hashed(lazy, "X = 2\n")  # an import inside a function counts as well
