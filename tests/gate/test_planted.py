"""A bug planted in a copy of the program, in a real toy suite, is caught; a change of documentation is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = """
suite: planted
seeds: 5
train: {steps: 600, batch: 64}
datasets:
  ring: ring(n=5000, std=0.05)
methods:
  EDM + EMA: edm(width=32, depth=2, sample_steps=12, lr=0.01) + ema(decay=0.98)
  VAE: vae(width=16, depth=1)
metrics: [sliced_wasserstein(n=1000)]
gate: {against: base.jsonl, within: {sliced_wasserstein: 0}}
"""


def bench(folder, program, *words):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(program)}
    return subprocess.run(
        [sys.executable, "-m", "bench", *map(str, words)],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=580, check=False,
    )  # fmt: skip


def copy(folder, name, edit):
    """A copy of the program whose EMA is edited."""
    shutil.copytree(ROOT / "bench", folder / name / "bench", ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / name / "bench/stabilizers/ema.py"
    before = file.read_text()
    after = edit(before)
    assert after != before
    file.write_text(after)
    return folder / name


def unaveraged(text):
    """EMA is computed and then not applied at sampling."""
    assert text.count("def eval_params(") == 1
    head, _, tail = text.partition("def eval_params(")
    signature, _, rest = tail.partition("\n")
    return f"{head}def eval_params({signature}\n        return params\n{rest}"


def redocumented(text):
    return text.replace('"""', '"""Said in other words. ', 1) + "\n# a remark\n"


@pytest.mark.long
def test_a_planted_bug_is_caught_and_documentation_is_not(tmp_path):
    (tmp_path / "planted.yaml").write_text(SUITE)
    run = bench(tmp_path, ROOT, "run", "planted.yaml", "--seeds", "100-129", "--no-report", "--quiet", "--out", "then")
    assert run.returncode == 0, run.stderr
    assert bench(tmp_path, ROOT, "baseline", "promote", "then/planted", "--out", "base.jsonl").returncode == 0

    words = copy(tmp_path, "documented", redocumented)
    done = bench(tmp_path, words, "gate", "planted.yaml", "--out", "a", "--json", "a.json", "--strict")
    assert done.returncode == 0, done.stdout + done.stderr

    broken = copy(tmp_path, "broken", unaveraged)
    done = bench(tmp_path, broken, "gate", "planted.yaml", "--out", "b", "--json", "b.json")
    assert done.returncode == 1, done.stdout + done.stderr
    rows = json.loads((tmp_path / "b.json").read_text())["rows"]
    found = {(row["method"], row["verdict"]) for row in rows if row["verdict"] != "shown"}
    assert ("EDM + EMA", "regression") in found
    assert {verdict for method, verdict in found if method == "VAE"} == {"pass"}
