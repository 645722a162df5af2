"""A block of seeds on a GPU, from its suite to its record, interrupted on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.records import store
from bench.running import seed_block
from bench.running.plan import plan
from bench.suite.load import load_suite

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default")]
TEXT = """
suite: toy
seeds: 2
train: {{steps: 200, batch: 64, evaluate_every: 100, compile: auto, precision: {precision}}}
datasets: {{ring8: ring(n=2000)}}
methods:
  GAN: gan(width=16, depth=2)
  EDM: edm(width=16, depth=2, sample_steps=8)
metrics: [sliced_wasserstein(n=500), frechet(n=500)]
"""


@pytest.mark.parametrize("precision", ["float32", "tf32", "bfloat16"])
def test_it_is_captured_and_goes_on_where_it_was_stopped(
    write: Callable[[str], Path], tmp_path: Path, precision: str
) -> None:
    suite = load_suite(write(TEXT.format(precision=precision)))

    def stop(step: int, alive: int, steps: int) -> None:
        if step >= 100:
            raise KeyboardInterrupt

    for job in plan(suite, tmp_path / "stopped", device="cuda").jobs:
        assert seed_block.run(job, stop).status == "interrupted"
        assert seed_block.run(job).status == "done"
    for job in plan(suite, tmp_path / "whole", device="cuda").jobs:
        assert seed_block.run(job).status == "done"
    found = {name: store.load(tmp_path / name / "toy") for name in ("stopped", "whole")}
    order = ["method", "seed", "kind", "step", "name"]
    one, other = (
        frame[frame["kind"] != "cost"][[*order, "value"]].sort_values(order, ignore_index=True)
        for frame in found.values()
    )
    assert one.equals(other)
    for record in store.load_records(tmp_path / "whole" / "toy"):
        assert record["device"]["kind"] == "cuda"
        said = record["compile"]
        assert {k: said[k] for k in ("asked", "how", "samples", "programs")} == {
            "asked": "auto", "how": "cuda", "samples": "cuda", "programs": 1,
        }  # fmt: skip
        assert record["memory"]["peak_mib"] > 0
