"""What every probe costs: seconds of a look over seconds of a training step, and the share of training at its cadence."""

from __future__ import annotations

import statistics
from typing import Any

import pytest
import torch

from bench.data.ring import Ring
from bench.plugins import find, words
from bench.training.engine import Engine
from bench.training.game import Game
from tests.benchmarks.test_engine import seconds

pytestmark = pytest.mark.speed

MOST = 0.05  # of training, at the default cadence
GAMES = {"gan": {"arch": "mlp", "width": 128, "depth": 3}, "edm": {"arch": "mlp"}, "vae": {"arch": "mlp"}}


def game_of(word: str) -> Game | None:
    """The first model that a probe fits; None for one that looks at games of two numbers only."""
    data, probe = Ring().load(), find("probes", word)()
    for model, options in GAMES.items():
        engine = Engine(find("models", model)(**options), data, range(2), batch=256)
        if probe.fits(engine.game):
            return find("models", model)(**options)
    return None


@pytest.mark.parametrize("word", [word for word in words("probes") if game_of(word) is not None])
def test_probe(benchmark: Any, word: str) -> None:
    game = game_of(word)
    assert game is not None
    engine = Engine(game, Ring().load(), range(4), batch=256)
    probe = find("probes", word)()
    state = engine.step(engine.step(engine.init_state()))
    probe.measure(engine, state)
    took: list[float] = []

    def before() -> None:
        took.append(seconds(lambda: torch.as_tensor(engine.step(state).step), 10))

    benchmark.pedantic(lambda: probe.measure(engine, state), setup=before, rounds=7)
    steps = benchmark.stats.stats.median / statistics.median(took)
    benchmark.extra_info["ratio"] = steps / probe.every
    benchmark.extra_info["goal"] = f"< {MOST:g} (a look costs {steps:.1f} steps; every {probe.every})"
    assert steps / probe.every < MOST
    assert probe.price is not None
    assert steps < 2 * probe.price + 0.5  # what `bench list probes` says
