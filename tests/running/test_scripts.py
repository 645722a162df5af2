"""A script that runs a suite needs no guard: its workers do not run it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import bench

print("the script")
suite = bench.Suite.from_dict({
    "suite": "toy", "seeds": 1, "train": {"steps": 2, "batch": 4}, "datasets": {"ring": "ring(n=50)"},
    "methods": {"GAN": "gan(width=4)"}, "metrics": ["energy(n=20)"],
})
print(len(bench.load(bench.run(suite, quiet=True)).query("name == 'energy'")))
"""


@pytest.mark.parametrize("how", ["a file", "standard input"])
def test_it_runs_once(how: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT)
    words, given = (["mine.py"], None) if how == "a file" else (["-"], SCRIPT)
    done = subprocess.run(
        [sys.executable, *words], input=given, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n") == ["the script", "1", ""]
