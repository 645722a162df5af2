"""How fast the engine trains on a GPU, by mapping and in a CUDA graph: `tox -e gpu`. Needs a GPU, and skips itself without one.

Seconds of a step are told, and the card's name beside them; a ratio to the engine's own step in the same run is what compares.
"""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch

from bench.models.gan import GAN
from bench.plugins import find
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.trace import TracedStep
from tests.benchmarks.test_engine import data

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default")]
STEPS = 50


def timed(engine: Engine, step: Any) -> float:
    """Milliseconds of a step."""
    state = engine.init_state()
    for _ in range(5):
        state = step(state)
    engine.synchronize()
    began = time.perf_counter()
    for _ in range(STEPS):
        state = step(state)
    engine.synchronize()
    return 1e3 * (time.perf_counter() - began) / STEPS


def measured(benchmark: Any, game: Game, batch: int, seeds: int, *shape: int) -> None:
    engine = Engine(game, data(*shape), range(seeds), batch=batch, device="cuda")
    eager = timed(engine, engine.step)
    traced = TracedStep(engine, "cuda")
    captured = benchmark.pedantic(lambda: timed(engine, traced), rounds=3)
    assert traced.why is None
    benchmark.extra_info.update(
        card=torch.cuda.get_device_name(),
        eager_ms=round(eager, 3),
        captured_ms=round(captured, 3),
        seed_steps_per_s=round(1e3 * seeds / captured, 1),
        ratio=round(eager / captured, 3),
        goal="none",
    )


@pytest.mark.parametrize("seeds", [1, 8, 32, 128])
def test_perceptrons(benchmark: Any, seeds: int) -> None:
    measured(benchmark, GAN(width=64, depth=2), 256, seeds, 2)


@pytest.mark.parametrize("seeds", [1, 8])
@pytest.mark.parametrize("model", ["gan", "ddpm"])
def test_images(benchmark: Any, model: str, seeds: int) -> None:
    """DCGAN and U-Net at 32 × 32."""
    measured(benchmark, find("models", model)(), 64, seeds, 1, 32, 32)
