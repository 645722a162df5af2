"""How fast compiled programs train (training/trace.py), as a ratio to the hand-written loop of test_engine.py, in the same run.

What tracing and compiling take is not in the ratio and is printed beside it.
"""

from __future__ import annotations

from typing import Any

import pytest

from bench.models.gan import GAN
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.training.engine import Engine
from bench.training.trace import TracedStep
from tests.benchmarks import loops
from tests.benchmarks.test_engine import compare, data

pytestmark = pytest.mark.filterwarnings("default")  # the compiler's own


def compiled(engine: Engine, benchmark: Any) -> loops.Step:
    traced = TracedStep(engine, "inductor")
    held = [traced(engine.init_state())]
    assert traced.why is None
    benchmark.extra_info["compiling_s"] = round(traced.seconds, 1)

    def step() -> None:
        held[0] = traced(held[0])

    return step


@pytest.mark.parametrize(
    ("seeds", "batch", "goal"),
    [(1, 64, "≥ 1"), (16, 64, "≥ 4"), (16, 256, "≥ 2.2")],
    ids=["1 seed of 64", "16 seeds of 64", "16 seeds of 256"],
)
def test_mlp_gan(benchmark: Any, seeds: int, batch: int, goal: str) -> None:
    points = data(2)
    plain = loops.gan(loops.mlp(8, 2, 64, 2), loops.mlp(2, 1, 64, 2), points.x, batch, 8)
    mine = compiled(Engine(GAN(width=64, depth=2), points, range(seeds), batch=batch), benchmark)
    compare(benchmark, mine, plain, seeds=seeds, steps=320, goal=goal)


def test_wgan_gp(benchmark: Any) -> None:
    points = data(2)
    plain = loops.wgan_gp(loops.mlp(8, 2, 64, 2), loops.mlp(2, 1, 64, 2), points.x, 64, 8)
    game = GAN(width=64, depth=2, loss="wasserstein")
    mine = compiled(Engine(game, points, range(16), (GradientPenalty(weight=1.0),), batch=64), benchmark)
    compare(benchmark, mine, plain, seeds=16, steps=320, goal="≥ 3")
