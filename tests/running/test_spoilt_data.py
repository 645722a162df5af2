"""A part that writes into the data past torch's count of writes: its block is an error, and the next one has the numbers
that it has alone."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench.plugins import own_code
from bench.records import store
from bench.running import seed_block
from bench.running.plan import plan
from bench.suite.load import load_suite
from tests.suite.own_files import own

SUITE = """
suite: spoilt
seeds: 1
train: {steps: 4, batch: 16}
datasets: {ring: "ring(n=200)"}
methods: {GAN: "gan(width=8)", narrow: "gan(width=4)"}
metrics: [energy(n=50)]
"""
PROBE = """
    from dataclasses import dataclass
    from bench.probes.base import Probe

    @dataclass(frozen=True, kw_only=True)
    class Paints(Probe):
        '''Not inert.'''
        columns = ("painted",)
        every: int = 2

        def measure(self, engine, state):
            if engine.game.nets["G"].size > 100:
                engine.data.DATA.numpy()[:] = 1.0
            return {"painted": engine.x.mean().expand(1)}
"""


def numbers(root: Path, folder: str) -> pd.DataFrame:
    (record,) = [r for r in store.load_records(root) if r["method"]["label"] == folder]
    return store.load(Path(record["folder"])).query("kind != 'cost'")[["step", "kind", "name", "value"]]


@pytest.mark.parametrize("data", ["x", "held_out"])
def test_it_ends_with_its_block(data: str, tmp_path: Path) -> None:
    alone = load_suite(own(tmp_path / "alone", SUITE))
    for job in plan(alone, tmp_path / "before").jobs:
        assert seed_block.run(job).status == "done"
    text = SUITE + "probes: [paints]"
    suite = load_suite(own(tmp_path / "painted", text, bench_plugins__paints=PROBE.replace("DATA", data)))
    first, second = [seed_block.run(job) for job in plan(suite, tmp_path / "after").jobs]
    assert (first.status, second.status) == ("error", "done")
    assert first.reason is not None
    assert "writes into the data: clone them first" in first.reason
    after = numbers(tmp_path / "after", "narrow").query("name != 'painted'").reset_index(drop=True)
    pd.testing.assert_frame_equal(after, numbers(tmp_path / "before", "narrow"))
    own_code.use(None)
