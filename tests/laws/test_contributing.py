"""The files that CONTRIBUTING.md tells people to copy work when they are dropped in."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from bench import plugins
from bench.models.gan import GAN
from bench.plugins import installed
from bench.training.engine import Engine
from tests.laws.cases import run

TEXT = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"`bench/(\w+)/(\w+)\.py`\n\n```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def dropped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, type]]:
    """Each file of the text, in a folder that its category searches; a process reads a folder once."""
    for package, word, code in BLOCKS:
        folder = tmp_path / package
        folder.mkdir(exist_ok=True)
        (folder / f"{word}.py").write_text(code, encoding="utf-8")
        category = importlib.import_module(f"bench.{package}")
        monkeypatch.setattr(category, "__path__", [*category.__path__, str(folder)])
    installed.words.cache_clear()
    names = {"data": "datasets"}
    yield {word: plugins.find(names.get(package, package), word) for package, word, _ in BLOCKS}
    monkeypatch.undo()
    installed.words.cache_clear()


def test_they_are_short() -> None:
    assert {package for package, _, _ in BLOCKS} == {"stabilizers", "data", "metrics"}
    assert all(len([line for line in code.splitlines() if line.strip()]) <= 25 for _, _, code in BLOCKS)


def test_they_work_together(dropped_in: dict[str, type]) -> None:
    data = dropped_in["two_moons"]().load()
    engine = Engine(GAN(width=16, depth=2), data, [0, 1], [dropped_in["input_decay"](weight=0.1)], batch=32)
    bare = Engine(GAN(width=16, depth=2), data, [0, 1], batch=32)
    state = run(engine, 3)
    assert not torch.equal(state.params["D"], run(bare, 3).params["D"])
    metric = dropped_in["mean_gap"]()
    gaps = metric.measure(engine.sample(state, 500), metric.reference(data))["mean_gap"]
    assert gaps.shape == (2,)
    assert (gaps > 0).all()
