"""A whole cell of 20 000 steps, from a fresh cache to its record, compiled against as the engine runs it: what a user waits for.

Tracing and compiling are in the ratio, and so are evaluations. Both are run once: they take minutes, and so it is the seconds
of a core that are compared, those of the compiler's processes among them, which a busy machine changes little.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bench.records import store
from bench.running import seed_block
from bench.running.plan import plan
from bench.suite.load import load_suite

pytestmark = pytest.mark.filterwarnings("default")  # the compiler's own
SUITE = """
suite: whole
seeds: 16
train: {{steps: 20000, batch: {batch}, evaluate_every: 2000, compile: {how}}}
datasets: {{ring: ring(n=10000)}}
methods: {{GAN: {method}}}
metrics: [sliced_wasserstein(n=1000)]
"""
METHODS = {
    "GAN": "gan(width=64, depth=2)",
    "WGAN-GP": "gan(width=64, depth=2, loss=wasserstein) + gradient_penalty(weight=1)",
    "EDM": "edm(width=64, depth=2)",
}


def core_seconds() -> float:
    """Of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def took(folder: Path, how: str, method: str, batch: int) -> tuple[float, Any]:
    """Seconds of a core for all its blocks, and what the last record says of its steps."""
    folder.mkdir()
    (folder / "whole.yaml").write_text(SUITE.format(how=how, method=f'"{method}"', batch=batch))
    began = core_seconds()
    for job in plan(load_suite(folder / "whole.yaml"), folder / "out").jobs:
        assert seed_block.run(job).status == "done"
    return core_seconds() - began, store.load_records(folder / "out")[-1]["compile"]


@pytest.mark.parametrize(("method", "batch"), [("GAN", 64), ("GAN", 256), ("WGAN-GP", 64), ("EDM", 64)])
def test_whole_cells(benchmark: Any, method: str, batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))  # nothing was compiled before
    plain, _ = took(tmp_path / "plain", "off", METHODS[method], batch)
    found: list[tuple[float, Any]] = []
    benchmark.pedantic(lambda: found.append(took(tmp_path / "auto", "auto", METHODS[method], batch)), rounds=1)
    (seconds, said) = found[0]
    assert said["how"] == "inductor", said
    benchmark.extra_info.update(plain_s=round(plain, 1), ratio=round(plain / seconds, 3), goal="≥ 1.5", why=said["why"])
