"""Every suite on disk is read without a complaint, and each of its cells trains three steps."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import bench
from bench.data.base import Data, DataError, DataSource
from bench.running.cells import cells
from bench.suite.suite import Dataset, Method
from bench.training.engine import Engine
from bench.training.loop import train

SUITES = sorted((Path(bench.__file__).parents[1] / "suites").glob("*.yaml"))
BATCH = 16


@cache
def load(source: DataSource) -> Data:
    return source.load()


@pytest.mark.parametrize("path", SUITES, ids=lambda p: p.stem)
def test_a_suite_asks_something_and_trains(path: Path) -> None:
    suite = bench.load_suite(path)
    assert suite.name == path.stem
    assert suite.asks.endswith("?")
    for dataset in suite.datasets:
        try:
            load(dataset.source)
        except DataError as missing:
            pytest.skip(str(missing))
    found = [cell for cell in cells(suite) if cell.skip is None]
    assert found
    for cell in found:
        three_steps(cell.dataset, cell.method)


def three_steps(dataset: Dataset, method: Method) -> None:
    """Three finite steps and samples, with a small batch and one seed."""
    data = load(dataset.source)
    engine = Engine(method.game, data, [0], method.stabilizers, batch=BATCH, mapping="loop")
    history = train(engine, steps=3)
    assert int(history.state.step) == 3, method.label
    assert bool(history.state.alive.all()), method.label
    assert engine.sample(history.state, 4).shape == (1, 4, *data.shape)
