"""Every suite on disk is read without a complaint, and its cells train three steps."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

import bench
from bench.cells import cells
from bench.data.base import Data, DataError, Source
from bench.engine import Engine
from bench.lines import SuiteError
from bench.loop import train
from bench.reading import reason_to_skip
from bench.suite import Dataset, Method, Suite

SUITES = sorted((Path(bench.__file__).parents[1] / "suites").glob("*.yaml"))
SAMPLE = 8  # cells of each suite that are always tried
BATCH = 16


@cache
def read(path: Path) -> Suite:
    return bench.load_suite(path)


@cache
def load(source: Source) -> Data:
    try:
        return source.load()
    except DataError as missing:
        pytest.skip(str(missing))


def runs(path: Path) -> list[tuple[Dataset, Method]]:
    suite = read(path)
    pairs = [(d, m) for m in suite.methods for d in suite.datasets]
    return [(d, m) for d, m in pairs if reason_to_skip(suite, d, m) is None]


def some(path: Path) -> list[Any]:
    """A few cells, evenly spread over the suite."""
    try:
        found = runs(path)
    except SuiteError:
        return []  # said by test_it_is_read_and_asks_something
    chosen = found[:: max(1, -(-len(found) // SAMPLE))]
    return [pytest.param(path, d, m, id=f"{path.stem}: {d.label} / {m.label}") for d, m in chosen]


@pytest.mark.parametrize("path", SUITES, ids=lambda p: p.stem)
def test_it_is_read_and_asks_something(path: Path) -> None:
    suite = read(path)
    assert suite.name == path.stem
    assert suite.asks.endswith("?")
    assert runs(path)


@pytest.mark.parametrize(("path", "dataset", "method"), [case for path in SUITES for case in some(path)])
def test_some_cells_train(path: Path, dataset: Dataset, method: Method) -> None:
    three_steps(read(path), dataset, method)


@pytest.mark.long
@pytest.mark.parametrize("path", SUITES, ids=lambda p: p.stem)
def test_all_cells_train(path: Path) -> None:
    suite = read(path)
    assert len(cells(suite)) == len(suite.datasets) * len(suite.methods)
    for dataset, method in runs(path):
        three_steps(suite, dataset, method)


def three_steps(suite: Suite, dataset: Dataset, method: Method) -> None:
    """Three finite steps and a sample, with a small batch."""
    engine = Engine(method.game, load(dataset.source), [0], method.stabilizers, batch=BATCH, mapping="loop")
    history = train(engine, steps=3)
    assert int(history.state.step) == 3
    assert history.state.alive.all()
    assert engine.sample(history.state, 4).shape == (1, 4, *load(dataset.source).shape)
