"""What tests of executors share whose workers are elsewhere: a suite, a listener that remembers, and what records hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from bench.records import store

TEXT = """
suite: toy
seeds: 2
train: {{steps: {steps}, batch: 8, evaluate_every: 50, checkpoint_minutes: 0}}
datasets: {{ring8: ring(n=500)}}
methods: {{GAN: gan(width=8), EDM: "edm(width=8, sample_steps=4)"}}
metrics: [modes_covered(n=100), sliced_wasserstein(n=100)]
probes: [losses(every=20)]
"""


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def begin(self, k: int, job: Any) -> None:
        self.said.append(("begin", k))

    def progress(self, k: int, step: int, alive: int, steps: int) -> None:
        self.said.append(("progress", k, steps))

    def note(self, k: int, text: str) -> None:
        self.said.append(("note", text))

    def end(self, k: int, job: Any, done: Any) -> None:
        self.said.append(("end", k, done.status))


def tables(root: Path) -> dict[str, pd.DataFrame]:
    folders = [p.parent for p in root.rglob("record.json") if store.RUNNING not in p.parts]
    kinds = ("scores", "traces")
    return {f"{f.relative_to(root)} {kind}": pd.read_parquet(f / f"{kind}.parquet") for f in folders for kind in kinds}
